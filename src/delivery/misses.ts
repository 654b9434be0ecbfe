import type { Missable } from '../connection/outflow/overflow.js';
import type { DropReason } from './fanout.js';

/** A subscription of which a client may miss something when it does not keep up. */
export interface MissingOwner {
  /** A publication was dropped. */
  missed(reason: DropReason): void;
  /** Makes the frame that tells the client how many it has missed; `undefined` if it does not want to know. */
  missReport(count: number): Buffer | undefined;
  /** Nothing of it waits any more. */
  drained?(): void;
}

/** Counts the publications of one subscription that its client has missed since the last report. */
export class Misses implements Missable {
  private count = 0;
  private waitingCount = 0;

  constructor(private readonly owner: MissingOwner) {}

  /** Whether something waits. */
  get isWaiting(): boolean {
    return this.waitingCount > 0;
  }

  /** See {@link Missable.added}. */
  added(): void {
    this.waitingCount++;
  }

  /** See {@link Missable.dropped}. */
  dropped(isReplaced: boolean): void {
    this.count++;
    this.waitingCount--;
    this.owner.missed(isReplaced ? 'conflated' : 'slow_consumer');
  }

  /** See {@link Missable.takeReport}. */
  takeReport(): Buffer | undefined {
    if (--this.waitingCount === 0) this.owner.drained?.();
    if (this.count === 0) return undefined;
    const report = this.owner.missReport(this.count);
    this.count = 0;
    return report;
  }
}
