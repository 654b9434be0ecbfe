import type { Publication } from '../protocol/publication.js';
import type { RingBudget } from './ring-budget.js';

/** The estimated cost of a publication besides its text, in bytes. */
const OVERHEAD_BYTES = 250;

/** The latest publications of a channel, without a hole up to its top. */
export class Ring {
  /** Those with an order that are kept from before the first; nothing while they are not known. */
  ordered: readonly Publication[] | undefined;
  /** Whether it has all that is kept. */
  isWhole = false;
  private publications: Publication[] = [];
  private bytes = 0;

  constructor(
    private readonly size: number,
    private readonly budget: RingBudget,
  ) {}

  /** The number of the first, if there is one. */
  get firstOffset(): number | undefined {
    return this.publications[0]?.position!.offset;
  }

  get length(): number {
    return this.publications.length;
  }

  /** All of them, the oldest first. */
  get all(): readonly Publication[] {
    return this.publications;
  }

  /** Adds the next one. */
  push(publication: Publication): void {
    publication.slim();
    this.publications.push(publication);
    let bytes = bytesOf(publication);
    if (this.publications.length > this.size) {
      bytes -= bytesOf(this.publications.shift()!);
      // The history has gone on as well: what was before has left it.
      this.ordered = NONE;
      this.isWhole = true;
    }
    this.count(bytes);
  }

  /** Adds older ones, the last of which comes right before the first. */
  prepend(older: readonly Publication[]): void {
    this.publications = [...older, ...this.publications].slice(-this.size);
    this.count(this.publications.reduce((sum, each) => sum + bytesOf(each), 0) - this.bytes);
  }

  /** Forgets all. */
  clear(): void {
    this.publications = [];
    this.ordered = undefined;
    this.isWhole = false;
    this.count(-this.bytes);
  }

  /** It is in use: others are to go before it. */
  touch(): void {
    this.budget.touch(this);
  }

  private count(change: number): void {
    this.bytes += change;
    this.budget.changed(this, change);
  }
}

const NONE: readonly Publication[] = [];

function bytesOf({ text }: Publication): number {
  return text.length + OVERHEAD_BYTES;
}
