/** The latest of many items: older ones are forgotten. */
export class Latest<Item> {
  private readonly items: Item[] = [];
  private next = 0;

  /** @param size how many are kept. */
  constructor(private readonly size: number) {}

  add(item: Item): void {
    this.items[this.next] = item;
    this.next = (this.next + 1) % this.size;
  }

  /** All that are kept, the last one first. */
  all(): Item[] {
    return [...this.items.slice(this.next), ...this.items.slice(0, this.next)].toReversed();
  }
}
