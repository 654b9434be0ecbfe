import { messageOf } from '../../base/message-of.js';
import { controlFrame } from './control-frame.js';
import type { PresenceBook, PresenceChange } from '../presence-book.js';
import { changesIn, pageAnswer, type PresenceAnswer, type PresenceRequest } from './presence-frames.js';

/** A channel, as one process has written it. */
interface Written {
  readonly connections: Set<string>;
  max: number;
}

/** Answers the requests of one other process, and takes out what it has written when it is gone. */
export class PresenceDesk {
  private readonly written = new Map<string, Written>();

  constructor(private readonly book: PresenceBook) {}

  /** The answer to a request. Never rejects. */
  async answer(request: PresenceRequest, frame: Buffer): Promise<Buffer> {
    const { id, channel, max } = request;
    try {
      if (request.verb === 'read-presence')
        return controlFrame(...pageAnswer(id, await this.book.read(channel, max)));
      const changes = changesIn(frame);
      this.note(channel, changes, max);
      const answer: PresenceAnswer = { id, number: await this.book.write(channel, changes, max) };
      return controlFrame(answer);
    } catch (error) {
      return controlFrame({ id, error: messageOf(error) });
    }
  }

  /** The process is gone, or its connection: then it writes again what is its own. */
  close(): void {
    for (const [channel, { connections, max }] of this.written) {
      const changes = [...connections].map((connection) => ({ connection, member: undefined }));
      void this.book.write(channel, changes, max);
    }
    this.written.clear();
  }

  private note(channel: string, changes: readonly PresenceChange[], max: number): void {
    const written = this.written.get(channel) ?? { connections: new Set<string>(), max };
    written.max = max;
    for (const { connection, member } of changes) {
      if (member) written.connections.add(connection);
      else written.connections.delete(connection);
    }
    if (written.connections.size === 0) this.written.delete(channel);
    else this.written.set(channel, written);
  }
}
