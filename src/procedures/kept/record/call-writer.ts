import { setImmediate as nextTurn } from 'node:timers/promises';
import { monotonicMs } from '../../../base/monotonic-ms.js';
import type { JsonText } from '../../../protocol/json/json.js';
import type { CallEnd, CallPart, CallRecord } from './call-record.js';
import { KEPT_ERRORS } from './kept-errors.js';

/** The cost of a write besides its results, in bytes: a call that gives little is kept for long, and not for ever. */
export const BYTES_PER_WRITE = 128;
/** Results that are written before their time is up, in bytes. */
const MAX_GATHERED_BYTES = 65_536;
const MIN_RETRY_MS = 50;
const MAX_RETRY_MS = 2_000;
/** A broker that cannot be reached for so long costs the call: its end is then written when it can be. */
const GIVE_UP_MS = 30_000;

/** The way in which a writer keeps records. */
export interface CallKeeping {
  /** The results of so long are written together; the first of a while at once. */
  readonly gatherMs: number;
  readonly maxBytes: number;
  /** The largest result, encoded. */
  readonly maxResultBytes: number;
  /** For how long the end is tried to be written: what was kept before is forgotten after it. */
  readonly endMs: number;
  /** Keeps a record. @throws when that cannot be said. */
  keep(record: CallRecord): Promise<unknown>;
  /** Told of what is kept, in bytes. */
  spent(bytes: number): void;
  /** Whether another node has gone on with the call, or has told its end. */
  isTaken(): boolean;
  /** Told once that no more can be kept but the end, and why: whoever gives results need not go on. */
  failed(error: unknown): void;
}

/** Another node has the call. */
export class CallTaken extends Error {
  override readonly name = 'CallTaken';
}

/**
 * Keeps the results of a call: those that come in quick succession by one write. One write is under way at a time, so
 * whoever gives results is as fast as they are kept.
 */
export class CallWriter {
  private gathered: JsonText[] = [];
  private gatheredBytes = 0;
  private bytes = 0;
  private writing: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private writtenAtMs = -Infinity;
  private failure: { readonly error: unknown } | undefined;
  private isEnding = false;
  private isStopped = false;

  /** @param count how many results are kept already. @param generation how often another node has gone on with the call. */
  constructor(
    private readonly keeping: CallKeeping,
    private count = 0,
    private readonly generation = 0,
  ) {}

  /** The number of results that were written, or are being written. */
  get total(): number {
    return this.count;
  }

  /** The largest result that it takes, encoded, bytes. */
  get maxResultBytes(): number {
    return this.keeping.maxResultBytes;
  }

  /**
   * Takes a result.
   * @returns nothing, or what to await before the next.
   * @throws {ClientError} `call_too_large`. @throws what a write has failed with.
   */
  add(text: JsonText): Promise<void> | undefined {
    if (this.failure) throw this.failure.error;
    this.spend(Buffer.byteLength(text));
    this.gathered.push(text);
    this.gatheredBytes += text.length;
    if (this.gatheredBytes > MAX_GATHERED_BYTES) return this.writing ?? this.write();
    this.schedule();
    return undefined;
  }

  /** Keeps the last results, those that could not be written before, and how it ended. @throws when that cannot be said. */
  async end(end: CallEnd, last?: JsonText): Promise<void> {
    this.isEnding = true;
    clearTimeout(this.timer);
    await this.writing?.catch(() => undefined);
    if (last !== undefined) {
      this.keeping.spent(Buffer.byteLength(last));
      this.gathered.push(last);
    }
    await this.put(end);
  }

  /** Writes that nothing is new, if nothing was for a time: what is kept of a call that runs is not forgotten. */
  touch(quietMs: number): void {
    if (this.writing || this.isEnding || monotonicMs() - this.writtenAtMs < quietMs) return;
    this.writing = this.settled(this.put());
    this.writing.catch(() => undefined); // thrown by the next `add`
  }

  /** Gives up what waits to be written. */
  stop(): void {
    this.isEnding = this.isStopped = true;
    clearTimeout(this.timer);
    this.failure ??= { error: new CallTaken() };
  }

  private spend(bytes: number): void {
    this.bytes += bytes;
    this.keeping.spent(bytes);
    if (this.bytes > this.keeping.maxBytes) throw KEPT_ERRORS.callTooLarge();
  }

  private schedule(): void {
    if (this.writing || this.timer || this.isEnding || this.failure) return;
    const waitMs = this.writtenAtMs + this.keeping.gatherMs - monotonicMs();
    if (waitMs <= 0) void this.write().catch(() => undefined); // thrown by the next `add`
    else this.timer = setTimeout(() => void this.write().catch(() => undefined), waitMs);
  }

  private write(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    return (this.writing = this.settled(nextTurn().then(() => this.put())));
  }

  private async settled(put: Promise<void>): Promise<void> {
    try {
      await put;
    } catch (error) {
      if (!this.failure) this.keeping.failed(error);
      this.failure ??= { error };
      throw error;
    } finally {
      this.writing = undefined;
      if (this.gathered.length > 0) this.schedule();
    }
  }

  private async put(end?: CallEnd): Promise<void> {
    if (!end) this.spend(BYTES_PER_WRITE);
    const results = this.gathered;
    this.gathered = [];
    this.gatheredBytes = 0;
    const { count, generation } = this;
    this.count += results.length;
    try {
      await this.kept({ kind: 'part', generation, first: count + 1, results, end });
    } catch (error) {
      // They are written with the end: those who watch miss none of them.
      this.count = count;
      this.gathered = [...results, ...this.gathered];
      throw error;
    }
    this.writtenAtMs = monotonicMs();
  }

  /** A write that may have been done is done again: it counts once. */
  private async kept(part: CallPart): Promise<void> {
    const untilMs = monotonicMs() + (part.end ? Math.max(this.keeping.endMs, GIVE_UP_MS) : GIVE_UP_MS);
    for (let waitMs = MIN_RETRY_MS; ; waitMs = Math.min(2 * waitMs, MAX_RETRY_MS)) {
      if (this.isStopped || this.keeping.isTaken()) throw new CallTaken();
      try {
        await this.keeping.keep(part);
        return;
      } catch (error) {
        if (monotonicMs() > untilMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, waitMs).unref());
      }
    }
  }
}
