/** A queue whose ends cost the same however long it is. */
export class Fifo<Item> {
  private incoming: Item[] = [];
  private outgoing: Item[] = [];

  get length(): number {
    return this.incoming.length + this.outgoing.length;
  }

  push(item: Item): void {
    this.incoming.push(item);
  }

  /** The one that was pushed first; only of a queue that is not empty. */
  shift(): Item {
    if (this.outgoing.length === 0) {
      this.outgoing = this.incoming.toReversed();
      this.incoming = [];
    }
    return this.outgoing.pop() as Item;
  }

  clear(): void {
    this.incoming = [];
    this.outgoing = [];
  }
}
