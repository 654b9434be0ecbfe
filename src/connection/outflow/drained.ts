import type { Duplex } from 'node:stream';

/** Settles when a socket, which has much to write, has written all of it, or when the signal is aborted. */
export function drained(socket: Duplex, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done);
      ended.removeEventListener('abort', done);
      resolve();
    };
    socket.on('drain', done);
    ended.addEventListener('abort', done);
  });
}
