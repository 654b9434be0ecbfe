import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { HandshakeRefusal } from '../endpoint/admission.js';

/** Answers an upgrade with an HTTP status. */
export function refuseUpgrade(
  socket: Duplex,
  { status, headers = {} }: Pick<HandshakeRefusal, 'status' | 'headers'>,
): void {
  socket.on('error', destroyed);
  const all = { ...headers, Connection: 'close', 'Content-Length': 0 };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n`, () => socket.destroy());
}

function destroyed(this: Duplex): void {
  this.destroy();
}
