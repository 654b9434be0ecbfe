import type { Encoding } from './sink.js';

/** The owner of frames that a client may miss when it does not keep up. */
export interface Missable {
  /** A frame waits. */
  added(): void;
  /** A frame will not be sent. @param isReplaced whether a later one with the same key is sent instead. */
  dropped(isReplaced: boolean): void;
  /**
   * A frame is sent now. @returns the frame that tells the client what it has missed since the last one; nothing if it does
   * not want to know.
   */
  takeReport(): Buffer | undefined;
}

interface Entry {
  frame: Buffer;
  /** Absent for what must not be dropped. */
  readonly missable: Missable | undefined;
  /** A later frame of the same owner and key replaces this one; without a key, the oldest may be dropped. */
  readonly key: string | undefined;
  previous: Entry | undefined;
  next: Entry | undefined;
}

/**
 * The frames that wait for a client that reads too slowly, in the order of sending: apart from the socket, because what
 * a socket has been given cannot be taken back. The cost of a frame does not grow with how many wait.
 */
export class Overflow {
  /** The length of all frames. */
  bytes = 0;
  private first: Entry | undefined;
  private last: Entry | undefined;
  /** Before it there is nothing that may be dropped for its age. */
  private oldest: Entry | undefined;
  private readonly byKey = new Map<Missable, Map<string, Entry>>();

  /** @param encoding of reports, which are made here; frames come encoded. */
  constructor(private readonly encoding?: Encoding) {}

  get isEmpty(): boolean {
    return this.first === undefined;
  }

  /** Adds a frame that must be sent. */
  push(frame: Buffer): void {
    this.append(frame, undefined, undefined);
  }

  /** Adds a frame that may be dropped, or takes it in the place of the one with its key. */
  pushMissable(frame: Buffer, missable: Missable, key: string | undefined): void {
    missable.added();
    const waiting = key === undefined ? undefined : this.byKey.get(missable)?.get(key);
    if (waiting) {
      this.bytes += frame.length - waiting.frame.length;
      waiting.frame = frame;
      missable.dropped(true);
      return;
    }
    const entry = this.append(frame, missable, key);
    if (key === undefined) this.oldest ??= entry;
    else this.keyed(missable).set(key, entry);
  }

  /** Drops the frame that has waited longest of those without a key. @returns whether there was one. */
  dropOldest(): boolean {
    while (this.oldest && !isDroppable(this.oldest)) this.oldest = this.oldest.next;
    const entry = this.oldest;
    if (!entry) return false;
    this.remove(entry);
    entry.missable!.dropped(false);
    return true;
  }

  /** Takes frames from the front, with reports of what was dropped before them, until they have so many bytes. */
  take(bytes: number): Buffer[] {
    const frames: Buffer[] = [];
    for (let taken = 0; this.first && taken < bytes;) {
      const { frame, missable } = this.first;
      this.remove(this.first);
      const report = missable?.takeReport();
      if (report) frames.push(this.encoding?.frame(report) ?? report);
      frames.push(frame);
      taken += frame.length;
    }
    return frames;
  }

  private append(frame: Buffer, missable: Missable | undefined, key: string | undefined): Entry {
    const entry: Entry = { frame, missable, key, previous: this.last, next: undefined };
    if (this.last) this.last.next = entry;
    else this.first = entry;
    this.last = entry;
    this.bytes += frame.length;
    return entry;
  }

  private remove(entry: Entry): void {
    const { previous, next, missable, key } = entry;
    if (previous) previous.next = next;
    else this.first = next;
    if (next) next.previous = previous;
    else this.last = previous;
    if (this.oldest === entry) this.oldest = next;
    if (key !== undefined) this.forget(missable!, key);
    this.bytes -= entry.frame.length;
  }

  private keyed(missable: Missable): Map<string, Entry> {
    let entries = this.byKey.get(missable);
    if (!entries) {
      entries = new Map();
      this.byKey.set(missable, entries);
    }
    return entries;
  }

  private forget(missable: Missable, key: string): void {
    const entries = this.byKey.get(missable)!;
    entries.delete(key);
    if (entries.size === 0) this.byKey.delete(missable);
  }
}

function isDroppable({ missable, key }: Entry): boolean {
  return missable !== undefined && key === undefined;
}
