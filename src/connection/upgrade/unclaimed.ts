import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { refuseUpgrade } from './refuse-upgrade.js';

/** Handshakes for no endpoint, in an app where another listener may take them: it must begin its answer in time. */
export class Unclaimed {
  private readonly refusals = new Map<Duplex, () => void>();

  /** @param timeoutMs the time for another listener to begin an answer. */
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

  /** Refuses all that wait: nothing will take them any more. */
  refuseAll(): void {
    for (const refuse of this.refusals.values()) refuse();
  }
}

/** Makes a test whether, since this call, another listener has answered on a socket or reads it, or it is gone. */
export function claimOf(socket: Duplex): () => boolean {
  const { bytesWritten } = socket as Socket;
  return () =>
    socket.destroyed ||
    (socket as Socket).bytesWritten !== bytesWritten ||
    socket.listenerCount('data') + socket.listenerCount('readable') > 0;
}
