/** The largest of very many, of which no more are kept than twice as many as are wanted. */
export class Largest<Item> {
  private items: Item[] = [];

  /** @param size how many are wanted. @param compare as for sorting, the largest first. */
  constructor(
    private readonly size: number,
    private readonly compare: (a: Item, b: Item) => number,
  ) {}

  add(item: Item): void {
    if (this.items.push(item) > 2 * this.size) this.items = this.all();
  }

  /** In order. */
  all(): Item[] {
    return this.items.toSorted(this.compare).slice(0, this.size);
  }
}
