/** The items of one kind since the last report. */
interface Untold<Item> {
  count: number;
  last: Item;
}

/**
 * Reports items that may be very frequent: the first of a kind at once, and then, as long as more come, the last in
 * each period with their number. So a fault that many clients meet at one time does not flood a log.
 */
export class Digest<Item> {
  private readonly untold = new Map<string, Untold<Item>>();
  private timer: NodeJS.Timeout | undefined;

  /** @param tell `count`: the items since the last report of this kind, this one included. */
  constructor(
    private readonly periodMs: number,
    private readonly tell: (item: Item, count: number) => void,
  ) {}

  /** @param kind one of a bounded number. */
  add(kind: string, item: Item): void {
    const untold = this.untold.get(kind);
    if (!untold) {
      this.untold.set(kind, { count: 0, last: item });
      this.tell(item, 1);
      this.timer ??= setInterval(() => this.tellAll(), this.periodMs).unref();
      return;
    }
    untold.count++;
    untold.last = item;
  }

  /** Reports what is left. Later kinds begin anew. */
  end(): void {
    this.tellAll();
    this.untold.clear();
    this.stop();
  }

  /** Kinds without an item in a period are forgotten, and their next one is reported at once. */
  private tellAll(): void {
    for (const [kind, untold] of this.untold) {
      if (untold.count === 0) this.untold.delete(kind);
      else this.tell(untold.last, untold.count);
      untold.count = 0;
    }
    if (this.untold.size === 0) this.stop();
  }

  private stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }
}
