import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { isControl } from '../../broker/workers/control-frame.js';
import type { MemoryBroker } from '../../broker/memory.broker.js';
import { channelOf, FrameReader, framesIn, textOf } from '../../broker/workers/relay-frame.js';
import { RelayedHistory } from '../../broker/workers/relayed.history.js';
import { RelayedPresenceBook } from '../../broker/workers/relayed.presence-book.js';
import { RelayedRequests } from '../../broker/workers/relayed-requests.js';
import { Publication } from '../../protocol/publication.js';
import { estateFrames } from './estate.js';

/**
 * Gives the histories in memory, and who is present, to a successor, which keeps them from then on, also for this process
 * as long as it has clients. If the successor is lost, numbers begin anew here.
 */
export class Bequest {
  private readonly requests = new RelayedRequests((frame) => this.socket.write(frame));

  private constructor(
    private readonly broker: MemoryBroker,
    private readonly socket: Socket,
  ) {}

  /** @param path the Unix socket of the successor. @throws when it does not answer. */
  static async give(broker: MemoryBroker, path: string): Promise<void> {
    const socket = createConnection(path);
    await once(socket, 'connect');
    socket.unref();
    new Bequest(broker, socket).give();
  }

  private give(): void {
    const { broker, socket, requests } = this;
    const reader = new FrameReader();
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      broker.history.takeBack();
      broker.presence.takeBack();
      requests.lost();
    });
    socket.on('data', (bytes: Buffer) => {
      const frames = reader.wholeFrames(bytes);
      if (frames) for (const frame of framesIn(frames)) this.take(frame);
    });
    for (const frame of estateFrames(broker.history.giveTo(new RelayedHistory(requests))))
      socket.write(frame);
    // The last of these frames has been written: from here on the successor answers.
    void broker.presence.giveTo(new RelayedPresenceBook(requests)).catch(() => undefined); // lost with the socket
  }

  private take(frame: Buffer): void {
    if (isControl(frame)) this.requests.answered(frame);
    else this.broker.deliver(channelOf(frame), Publication.of(textOf(frame)));
  }
}
