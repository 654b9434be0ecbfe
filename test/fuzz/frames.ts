import { connect } from 'node:net';
import { deflateRawSync } from 'node:zlib';
import type { Chance } from '../support/chance.js';
import { HANDSHAKE_TEXT } from '../support/handshake.js';
import { rpcToken } from '../support/rpc.js';
import { anyEvent } from './events.js';
import { cut } from './http-bytes.js';
import type { Victim } from './victim.js';

const OPCODES = [0, 1, 1, 1, 2, 8, 9, 10, 3, 7, 11, 15];
const CLOSE_CODES = [0, 999, 1000, 1001, 1004, 1005, 1006, 1015, 3000, 4999, 65_535];
const DEFLATE = 'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n';
const SIGNS = [
  Buffer.from('818a', 'hex'),
  Buffer.from('ffffffffffffffff', 'hex'),
  Buffer.from('8800', 'hex'),
];

/** A connection that sends frames of which some are none; whatever they are, it is closed soon after it has ended. */
export async function sendFrames(chance: Chance, victim: Victim): Promise<void> {
  const path = chance.of(['/ws', '/rooms', `/rpc/token/${rpcToken()}`]);
  const isDeflated = chance.below(2) === 0;
  const handshake = HANDSHAKE_TEXT.replace('/ws', path).replace('\r\n', `\r\n${isDeflated ? DEFLATE : ''}`);
  const frames = Array.from({ length: 1 + chance.below(12) }, () => anyFrame(chance, isDeflated));
  const bytes = Buffer.concat(frames);
  const sent = chance.below(4) === 0 ? chance.damaged(bytes, SIGNS) : bytes;
  let isClosed = false;
  const socket = connect({ port: victim.port, host: '127.0.0.1', noDelay: true });
  socket
    .on('error', () => undefined)
    .on('close', () => (isClosed = true))
    .resume();
  socket.write(handshake);
  for (const piece of cut(chance, sent)) {
    if (isClosed) return;
    socket.write(piece);
    if (chance.below(8) === 0) await new Promise(setImmediate);
  }
  socket.end();
  await victim.until(() => isClosed, `the end of a connection that sent ${sent.toString('hex')}`);
}

/** @returns a frame as RFC 6455 has it, or nearly so. */
function anyFrame(chance: Chance, isDeflated: boolean): Buffer {
  const opcode = chance.of(OPCODES);
  const isPacked = isDeflated && chance.below(2) === 0;
  const plain = payloadOf(chance, opcode);
  const payload = isPacked ? chance.damaged(deflateRawSync(plain)) : plain;
  const flags =
    (chance.below(6) > 0 ? 0x80 : 0) | (isPacked ? 0x40 : 0) | (chance.below(20) === 0 ? 0x30 : 0);
  const isMasked = chance.below(20) > 0;
  const length = chance.below(20) === 0 ? chance.of([0, 126, 65_536, 2 ** 31, 2 ** 40]) : payload.length;
  const mask = isMasked ? chance.bytes(4) : Buffer.alloc(4);
  const masked = Buffer.from(payload.map((byte, at) => byte ^ mask[at % 4]!));
  return Buffer.concat([
    head(chance, flags | opcode, length, isMasked),
    isMasked ? mask : Buffer.alloc(0),
    masked,
  ]);
}

function payloadOf(chance: Chance, opcode: number): Buffer {
  if (opcode === 8) {
    const code = Buffer.alloc(2);
    code.writeUInt16BE(chance.of(CLOSE_CODES));
    return Buffer.concat([code, chance.bytes(chance.below(130))]).subarray(chance.below(3));
  }
  if (chance.below(4) === 0) return chance.bytes(chance.of([0, 1, 125, 126, 300]));
  return chance.damaged(anyEvent(chance));
}

/** The length in the shortest form, or now and then in a longer one. */
function head(chance: Chance, first: number, length: number, isMasked: boolean): Buffer {
  const mask = isMasked ? 0x80 : 0;
  const isLonger = chance.below(20) === 0;
  if (length < 126 && !isLonger) return Buffer.from([first, mask | length]);
  const bytes = Buffer.alloc(length < 65_536 ? 4 : 10);
  bytes[0] = first;
  bytes[1] = mask | (bytes.length === 4 ? 126 : 127);
  if (bytes.length === 4) bytes.writeUInt16BE(length, 2);
  else bytes.writeBigUInt64BE(BigInt(length), 2);
  return bytes;
}
