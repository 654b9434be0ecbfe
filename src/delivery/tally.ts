import type { DropReason } from './fanout.js';

/** Counts what happens to single deliveries, apart from those of a fan-out. */
export interface Tally {
  /** A publication that was held or delayed has been sent. */
  delivered(): void;
  /** A publication will not be sent. */
  dropped(reason: DropReason): void;
  /** The memory of a rule for one key had to be forgotten. */
  forgot(rule: 'order' | 'throttle'): void;
}
