import { type CallEnd, type CallHead, type CallPart, type CallRecord, lastOf } from './call-record.js';

/**
 * The story of a call, from its records in the order of its channel: every result once. A write that was repeated
 * counts once, and what a node writes after another has gone on with the call does not count: all who read come to the same.
 */
export class CallStory {
  head: CallHead | undefined;
  /** The node that runs it. */
  node = '';
  generation = 0;
  end: CallEnd | undefined;
  /** Whether results are missing. */
  isBroken = false;

  /** @param count the results so far; what was before them does not matter. */
  constructor(public count = 0) {}

  /** @returns what is new in a record. */
  take(record: CallRecord): CallPart | undefined {
    if (this.end || this.isBroken) return undefined;
    if (record.kind === 'part') return this.takePart(record);
    if (record.kind === 'head') {
      this.head ??= record;
      this.node ||= record.node;
    } else if (record.generation > this.generation) {
      this.generation = record.generation;
      this.node = record.node;
    }
    return undefined;
  }

  private takePart(part: CallPart): CallPart | undefined {
    if (part.generation !== this.generation) return undefined;
    if (part.first > this.count + 1) {
      this.isBroken = true;
      return undefined;
    }
    const fresh = after(part, this.count);
    if (!fresh) return undefined;
    this.count = lastOf(fresh);
    this.end = fresh.end;
    return fresh;
  }
}

/** The rest of a part after a number; nothing if it is empty. */
export function after(part: CallPart, number: number): CallPart | undefined {
  if (part.first > number) return part.results.length > 0 || part.end ? part : undefined;
  const results = part.results.slice(number + 1 - part.first);
  if (results.length === 0 && !part.end) return undefined;
  return { ...part, first: number + 1, results };
}
