import type { RingBudget } from '../../history/ring-budget.js';
import type { JsonText } from '../../protocol/json/json.js';
import type { StreamPosition } from './stream-position.js';

/** The estimated cost of an entry besides its text, in bytes. */
const OVERHEAD_BYTES = 200;
/** The number by which a ring may exceed its size: so many go at once. */
const SLACK = 1000;

/** A message of a stream, as it is kept. */
export interface StreamEntry {
  readonly position: StreamPosition;
  /** The trigger; nothing for what is none. */
  readonly text: JsonText | undefined;
}

/** The latest messages of a stream, without a hole up to its top. */
export class StreamRing {
  private entries: StreamEntry[] = [];
  private bytes = 0;

  constructor(
    readonly size: number,
    private readonly budget: RingBudget,
  ) {}

  /** The offset of the first, if there is one. */
  get firstOffset(): number | undefined {
    return this.entries[0]?.position.offset;
  }

  /** All from an offset on; nothing when that is not here. */
  from(offset: number): readonly StreamEntry[] | undefined {
    const at = offset - (this.firstOffset ?? Infinity);
    this.budget.touch(this);
    return at >= 0 ? this.entries.slice(at) : undefined;
  }

  /** Adds the next one. */
  push(entry: StreamEntry): void {
    this.entries.push(entry);
    const gone = this.entries.length > this.size + SLACK ? this.entries.splice(0, SLACK) : NONE;
    this.count(bytesOf([entry]) - bytesOf(gone));
  }

  /** Adds older ones, the last of which comes right before the first. */
  prepend(older: readonly StreamEntry[]): void {
    this.entries = [...older, ...this.entries];
    this.count(bytesOf(older));
  }

  /** Forgets all. */
  clear(): void {
    this.entries = [];
    this.count(-this.bytes);
  }

  private count(change: number): void {
    this.bytes += change;
    this.budget.changed(this, change);
  }
}

const NONE: readonly StreamEntry[] = [];

function bytesOf(entries: readonly StreamEntry[]): number {
  let bytes = 0;
  for (const { text } of entries) bytes += OVERHEAD_BYTES + (text?.length ?? 0);
  return bytes;
}
