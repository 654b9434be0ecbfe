import type { Duplex } from 'node:stream';

/** What a well-behaved client may have under way when a close begins; its own close frame is behind that. */
const UNDER_WAY_BYTES = 65_536;

/** Has no more read from a socket than what may have been under way, so that what comes after a close costs nothing. */
export function discardAfter(socket: Duplex, pause: () => void): void {
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > UNDER_WAY_BYTES) pause();
  });
}
