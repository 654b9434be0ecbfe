/** What has come of one kind since it was last told of. */
interface Untold<Item> {
  count: number;
  last: Item;
}

/**
 * Tells of what may come very often: of a kind the first at once, and then, as long as more come, the last in each period
 * with how many there were. So a log is not flooded by what many clients meet at one time.
 */
export class Digest<Item> {
  private readonly untold = new Map<string, Untold<Item>>();
  private timer: NodeJS.Timeout | undefined;

  /** @param tell `count`: how many there were since it was last told of this kind, this one included. */
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

  /** Tells what is left. Later kinds begin anew. */
  end(): void {
    this.tellAll();
    this.untold.clear();
    this.stop();
  }

  /** Kinds of which none came for a period are forgotten, and the next of them is told at once. */
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
