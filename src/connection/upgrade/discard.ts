import type { Duplex } from 'node:stream';

/** The bytes that a well-behaved client may have under way when a close begins, ahead of its own close frame. */
const UNDER_WAY_BYTES = 65_536;

/** Pauses a socket once all that may have been under way is read, so that bytes sent after a close cost nothing. */
export function discardAfter(socket: Duplex, pause: () => void): void {
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > UNDER_WAY_BYTES) pause();
  });
}
