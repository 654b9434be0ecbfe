interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/** The bounds of one call. */
export interface CallBounds<Item> {
  readonly maxItems: number;
  /** One that is larger goes alone. */
  readonly maxBytes?: number;
  readonly bytesOf?: (item: Item) => number;
  /** Whether it is not to be done when another such one, that was given in the same turn before it, was not. */
  readonly isChained?: (item: Item) => boolean;
}

/** Collects what is asked for in one turn of the event loop, and has it done by as few calls as its bounds allow. */
export class Batches<Item, Answer> {
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
    const { isChained = never } = this.bounds;
    const others = all.filter(({ item }) => !isChained(item));
    for (const some of this.calls(others)) void this.settle(some);
    if (others.length < all.length) void this.settleChain(all.filter(({ item }) => isChained(item)));
  }

  private *calls(all: readonly Waiting<Item, Answer>[]): Generator<readonly Waiting<Item, Answer>[]> {
    for (let at = 0; at < all.length;) {
      const some = all.slice(at, this.endOfCall(all, at));
      at += some.length;
      yield some;
    }
  }

  /** One call after another: what comes after a fault is not asked for any more. */
  private async settleChain(chained: readonly Waiting<Item, Answer>[]): Promise<void> {
    let fault: unknown;
    for (const some of this.calls(chained)) {
      if (fault === undefined) fault = await this.settle(some);
      else for (const { reject } of some) reject(fault);
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

  /** @returns the fault, if there was one. */
  private async settle(some: readonly Waiting<Item, Answer>[]): Promise<unknown> {
    try {
      const answers = await this.call(some.map(({ item }) => item));
      for (const [index, { resolve, reject }] of some.entries()) {
        const answer = answers[index]!;
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      }
      return answers.find((answer) => answer instanceof Error);
    } catch (error) {
      for (const { reject } of some) reject(error);
      return error;
    }
  }
}

function never(): boolean {
  return false;
}
