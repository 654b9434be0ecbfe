import type { CallFollower, CallWatcher } from './call-follower.js';
import { type CallPart, lastOf } from '../record/call-record.js';
import { after } from '../record/call-story.js';
import { KEPT_ERRORS } from '../record/kept-errors.js';
import { ClientError } from '../../../protocol/errors.js';

/** Of what was missed so much is at hand at a time: one who does not read is not to keep a whole call in memory. */
const MAX_MISSED_CHARACTERS = 65_536;
/** A broker that could not be reached is asked again after so long. */
const REREAD_MS = 500;

/**
 * The place of one who watches a call: what was missed comes first, then what is live, once and in order. It asks for
 * one part after another, as fast as it can take them: hardly anything waits for it in memory, and it holds up nobody.
 */
export class CallCursor implements CallWatcher {
  private missed: readonly CallPart[] = [];
  private wake: (() => void) | undefined;
  private retry: NodeJS.Timeout | undefined;
  private isClosed = false;

  /**
   * @param at how many results it has had; one more where it has been told the end.
   * @param left called when it is given up.
   */
  constructor(
    private readonly follower: CallFollower,
    private at: number,
    private readonly left: () => void,
  ) {}

  /** Of the call. */
  get id(): string {
    return this.follower.id;
  }

  /** The number of the last result that it has had, or of the end. */
  get position(): number {
    return this.at;
  }

  /** Whether nothing is to come any more. */
  get isOver(): boolean {
    const { end, count } = this.follower.story;
    return end !== undefined && this.at > count;
  }

  /**
   * The next results, and perhaps the end; nothing after the end, and when it was given up. Waits while the broker cannot be
   * reached.
   * @throws {ClientError} `position_lost` when what comes next is not kept any more.
   */
  async next(): Promise<CallPart | undefined> {
    while (!this.isClosed && !this.isOver) {
      const changed = new Promise<void>((resolve) => (this.wake = resolve)); // what changes while it looks counts
      const part = this.ready() ?? (await this.reread());
      if (part) {
        this.at = lastOf(part) + (part.end ? 1 : 0);
        return part;
      }
      await changed;
    }
    return undefined;
  }

  /** Gives it up. */
  return(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.missed = [];
    clearTimeout(this.retry);
    this.changed();
    this.left();
  }

  changed(): void {
    this.wake?.();
    this.wake = undefined;
  }

  private ready(): CallPart | undefined {
    while (this.missed.length > 0) {
      const fresh = after(this.missed[0]!, this.at);
      this.missed = this.missed.slice(1);
      if (fresh) return fresh;
    }
    return this.follower.recentAfter(this.at);
  }

  /** Reads what is behind the latest: it has left the memory, or never was there. */
  private async reread(): Promise<CallPart | undefined> {
    const { story } = this.follower;
    if (this.at >= story.count && !story.end) {
      if (story.isBroken) throw KEPT_ERRORS.positionLost();
      return undefined;
    }
    try {
      this.missed = firstOf(await this.follower.allAfter(this.at));
    } catch (error) {
      if (!(error instanceof ClientError) || error.code !== 'service_unavailable') throw error;
      this.retry = setTimeout(() => this.changed(), REREAD_MS).unref();
    }
    return this.missed.length > 0 ? this.ready() : undefined;
  }
}

function firstOf(parts: readonly CallPart[]): readonly CallPart[] {
  let characters = 0;
  const beyond = parts.findIndex(({ results }) => {
    if (characters > MAX_MISSED_CHARACTERS) return true;
    for (const { length } of results) characters += length;
    return false;
  });
  return beyond === -1 ? parts : parts.slice(0, beyond);
}
