import type { Missable } from '../connection/outflow/overflow.js';
import type { DropReason } from './fanout.js';

/** A subscription of which a client may miss something when it does not keep up. */
export interface MissingOwner {
  /** A publication was dropped. */
  missed(reason: DropReason): void;
  /** Makes the frame that tells the client how many it has missed; `undefined` if it does not want to know. */
  missReport(count: number): Buffer | undefined;
}

/** Counts the publications of one subscription that its client has missed since the last report. */
export class Misses implements Missable {
  private count = 0;

  constructor(private readonly owner: MissingOwner) {}

  /** See {@link Missable.dropped}. */
  dropped(isReplaced: boolean): void {
    this.count++;
    this.owner.missed(isReplaced ? 'conflated' : 'slow_consumer');
  }

  /** See {@link Missable.takeReport}. */
  takeReport(): Buffer | undefined {
    if (this.count === 0) return undefined;
    const report = this.owner.missReport(this.count);
    this.count = 0;
    return report;
  }
}
