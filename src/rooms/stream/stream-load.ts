import type { LossReason } from '../../history/channel-log.js';
import type { Position } from '../../protocol/position.js';
import type { StreamMessage } from './stream-message.js';
import { StreamChain } from './stream-position.js';
import type { StreamEntry } from './stream-ring.js';

/** Makes an entry of a message, with its proof and the one before. */
type MakeEntry = (message: StreamMessage, proofs: readonly [string, string]) => StreamEntry;

/** The part of a stream to read for a position that a client gave: from its mark on, to compare it with its proof. */
export class StreamLoad {
  /** From the place of the position on. */
  readonly entries: StreamEntry[] = [];
  /** Why nothing can be said of the position. */
  loss: LossReason | undefined;
  private readonly chain = new StreamChain();
  private next: number;

  constructor(
    private readonly since: Position,
    mark: number,
    private readonly make: MakeEntry,
  ) {
    this.next = mark;
  }

  /** Takes the next message. @returns whether more are wanted. */
  take(message: StreamMessage): boolean {
    this.loss = this.lossAt(message);
    if (this.loss) return false;
    const before = this.chain.proof;
    this.chain.add(message.offset, message.content, message.isMark);
    const proof = this.chain.proof!;
    this.next++;
    if (message.offset >= this.since.offset) this.entries.push(this.make(message, [proof, before ?? proof]));
    return true;
  }

  private lossAt({ offset, isMark }: StreamMessage): LossReason | undefined {
    // What is beyond the retention is skipped.
    if (offset !== this.next) return 'gap_too_long';
    return this.chain.proof === undefined && !isMark ? 'position_lost' : undefined;
  }
}
