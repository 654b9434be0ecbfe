interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** How much one call may be asked for. */
export interface CallBounds<Item> {
  readonly maxItems: number;
  /** One that is larger goes alone. */
  readonly maxBytes?: number;
  readonly bytesOf?: (item: Item) => number;
}

/** Collects what is asked for in one turn of the event loop, and has it done by as few calls as its bounds allow. */
export class Turns<Item, Answer> {
  private waiting: Waiting<Item, Answer>[] = [];

  constructor(
    private readonly bounds: CallBounds<Item>,
    /** Called in the order of the items, without waiting for earlier calls. Gives an answer for each, or its error. */
    private readonly call: (items: readonly Item[]) => Promise<readonly (Answer | Error)[]>,
  ) {}

  /** @throws what the call throws, or the error that it gives for this one. */
  add(item: Item): Promise<Answer> {
    if (this.waiting.length === 0) setImmediate(() => this.flush());
    return new Promise((resolve, reject) => this.waiting.push({ item, resolve, reject }));
  }

  private flush(): void {
    const all = this.waiting;
    this.waiting = [];
    for (let at = 0; at < all.length;) {
      const some = all.slice(at, this.endOfCall(all, at));
      at += some.length;
      void this.settle(some);
    }
  }

  private endOfCall(all: readonly Waiting<Item, Answer>[], start: number): number {
    const { maxItems, maxBytes = Infinity, bytesOf = () => 0 } = this.bounds;
    const last = Math.min(all.length, start + maxItems);
    let bytes = bytesOf(all[start]!.item);
    for (let end = start + 1; end < last; end++) {
      bytes += bytesOf(all[end]!.item);
      if (bytes > maxBytes) return end;
    }
    return last;
  }

  private async settle(some: readonly Waiting<Item, Answer>[]): Promise<void> {
    try {
      const answers = await this.call(some.map(({ item }) => item));
      for (const [index, { resolve, reject }] of some.entries()) {
        const answer = answers[index]!;
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      }
    } catch (error) {
      for (const { reject } of some) reject(error);
    }
  }
}
