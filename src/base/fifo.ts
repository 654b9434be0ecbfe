/** A queue with push and shift in amortised constant time. Items that were taken are not kept in memory. */
export class Fifo<Item> {
  private incoming: Item[] = [];
  /** In reverse order: the next item is the last of these. */
  private outgoing: Item[] = [];

  get length(): number {
    return this.incoming.length + this.outgoing.length;
  }

  push(item: Item): void {
    this.incoming.push(item);
  }

  /** Takes the one that was pushed first; nothing of an empty queue. */
  shift(): Item | undefined {
    if (this.outgoing.length === 0) {
      this.outgoing = this.incoming.toReversed();
      this.incoming = [];
    }
    return this.outgoing.pop();
  }

  clear(): void {
    this.incoming = [];
    this.outgoing = [];
  }
}
