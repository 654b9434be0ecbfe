/** What a wheel sweeps. */
export interface Swept {
  readonly isOpen: boolean;
  /** Does what is due. @returns in how many milliseconds it wants to be swept again; Infinity for never. */
  sweep(nowMs: number): number;
}

/** One timer for the deadlines of all connections, with slots of `slotMs`: a deadline may be that much late. */
export class Wheel<T extends Swept> {
  private readonly slots = new Map<number, T[]>();
  private timer: NodeJS.Timeout | undefined;
  private slot = 0;

  constructor(private readonly slotMs: number) {}

  start(): void {
    this.slot = this.slotOf(Date.now());
    this.timer = setInterval(this.turn, this.slotMs);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.slots.clear();
  }

  add(item: T, delayMs: number): void {
    if (delayMs === Infinity) return;
    const slot = Math.max(this.slotOf(Date.now() + delayMs), this.slot) + 1;
    const items = this.slots.get(slot);
    if (items) items.push(item);
    else this.slots.set(slot, [item]);
  }

  private readonly turn = (): void => {
    const now = this.slotOf(Date.now());
    for (; this.slot < now;) {
      const items = this.slots.get(++this.slot);
      this.slots.delete(this.slot);
      if (items) this.sweep(items);
    }
  };

  private sweep(items: T[]): void {
    const nowMs = Date.now();
    for (const item of items) {
      if (item.isOpen) {
        const delayMs = item.sweep(nowMs);
        if (item.isOpen) this.add(item, delayMs);
      }
    }
  }

  private slotOf(timeMs: number): number {
    return Math.floor(timeMs / this.slotMs);
  }
}
