import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { refuseUpgrade } from './refuse-upgrade.js';

/** Handshakes that are none of ours, in an app where somebody else may want them: who does must begin in time. */
export class Unclaimed {
  private readonly refusals = new Map<Duplex, () => void>();

  /** @param timeoutMs how long somebody else may take to begin an answer. */
  constructor(private readonly timeoutMs: number) {}

  wait(socket: Duplex): void {
    const isClaimed = claimOf(socket);
    const refuse = (): void => {
      this.refusals.delete(socket);
      clearTimeout(timer);
      socket.off('close', refuse);
      if (!isClaimed()) refuseUpgrade(socket, { status: 404 });
    };
    const timer = setTimeout(refuse, this.timeoutMs).unref();
    this.refusals.set(socket, refuse);
    socket.once('close', refuse);
  }

  /** Nobody will take them any more. */
  refuseAll(): void {
    for (const refuse of this.refusals.values()) refuse();
  }
}

/** Tells whether somebody has answered on a socket, or reads it, or it is gone, since this was called. */
export function claimOf(socket: Duplex): () => boolean {
  const { bytesWritten } = socket as Socket;
  return () =>
    socket.destroyed ||
    (socket as Socket).bytesWritten !== bytesWritten ||
    socket.listenerCount('data') + socket.listenerCount('readable') > 0;
}
