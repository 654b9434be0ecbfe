import { monotonicMs } from '../base/monotonic-ms.js';
/** An item that a wheel sweeps. */
export interface Swept {
  readonly isOpen: boolean;
  /** The slot in which it is swept next; the wheel's own, 0 at first. */
  slot: number;
  /** Does what is due. @returns in how many milliseconds it wants to be swept again; Infinity for never. */
  sweep(nowMs: number): number;
}

/** The longest delay, so that items that have closed, which may be large, are soon forgotten. */
const MAX_DELAY_MS = 15_000;

/** One timer for the deadlines of very many items, with slots of `slotMs`: a deadline may be met two slots late. */
export class Wheel {
  private readonly slots = new Map<number, Swept[]>();
  private timer: NodeJS.Timeout | undefined;
  private slot = 0;

  constructor(private readonly slotMs: number) {}

  start(): void {
    this.slot = this.slotOf(monotonicMs());
    this.timer = setInterval(this.turn, this.slotMs);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.slots.clear();
  }

  /** Sweeps an item after a delay, or before that: whether anything is due is for the item to know. */
  add(item: Swept, delayMs: number): void {
    if (delayMs === Infinity) return;
    const slot = Math.max(this.slotOf(monotonicMs() + Math.min(delayMs, MAX_DELAY_MS)), this.slot) + 1;
    if (item.slot > this.slot && item.slot <= slot) return;
    item.slot = slot;
    const items = this.slots.get(slot);
    if (items) items.push(item);
    else this.slots.set(slot, [item]);
  }

  private readonly turn = (): void => {
    const now = this.slotOf(monotonicMs());
    for (; this.slot < now;) {
      const items = this.slots.get(++this.slot);
      this.slots.delete(this.slot);
      if (items) this.sweep(items);
    }
  };

  /** Skips items that were added again for an earlier slot: they are still in their later one, too. */
  private sweep(items: readonly Swept[]): void {
    const nowMs = monotonicMs();
    for (const item of items) {
      if (!item.isOpen || item.slot !== this.slot) continue;
      const delayMs = item.sweep(nowMs);
      if (item.isOpen) this.add(item, delayMs);
    }
  }

  private slotOf(timeMs: number): number {
    return Math.floor(timeMs / this.slotMs);
  }
}
