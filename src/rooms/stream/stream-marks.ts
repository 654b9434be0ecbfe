import { randomUUID } from 'node:crypto';
import { settlesWithin } from '../../base/time-limit.js';
import { BrokerError } from '../../broker/broker.error.js';
import type { StreamAccess } from './stream-access.js';
import type { StreamMessage } from './stream-message.js';

/** After so many messages, and up to twice as many, a node adds a mark: what proves a position is read from there. */
const MESSAGES_PER_MARK = 1000;
/** The longest wait for a mark to come back. */
const WAIT_MS = 5000;

/** The marks that a node adds to the stream. Whose they are plays no part: each node needs fewer where there are more. */
export class StreamMarks {
  private readonly awaited = new Map<string, () => void>();
  private sinceLast = 0;
  private limit = 0;

  /** Adds one, and waits until it comes back. @throws {BrokerError} when it does not. */
  async roundTrip(access: StreamAccess): Promise<void> {
    const id = randomUUID();
    const come = new Promise<void>((resolve) => this.awaited.set(id, resolve));
    try {
      const isBack = await settlesWithin(WAIT_MS, Promise.race([come, access.mark(id).then(() => come)]));
      if (!isBack) throw new BrokerError('the stream does not come to its end');
    } finally {
      this.awaited.delete(id);
    }
  }

  /** Handles that a message has passed. @returns whether a mark is due. */
  passed({ isMark, content }: StreamMessage): boolean {
    this.sinceLast++;
    if (isMark) {
      this.sinceLast = 0;
      // At random: one node comes before the others.
      this.limit = MESSAGES_PER_MARK * (1 + Math.random());
      this.awaited.get(content.toString())?.();
    }
    if (this.sinceLast < this.limit) return false;
    this.limit += MESSAGES_PER_MARK;
    return true;
  }

  /** Whether anything has passed since the last mark. */
  get isDue(): boolean {
    return this.sinceLast > 0;
  }
}
