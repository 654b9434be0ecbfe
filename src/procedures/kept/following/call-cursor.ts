import type { CallFollower, CallWatcher } from './call-follower.js';
import { type CallPart, lastOf } from '../record/call-record.js';
import { after } from '../record/call-story.js';
import { KEPT_ERRORS } from '../record/kept-errors.js';

/**
 * Where one who watches a call has got to: what was missed comes first, then what is live, once and in order. It asks for
 * one part after another, as fast as it can take them: nothing waits for it in memory, and it holds up nobody.
 */
export class CallCursor implements CallWatcher {
  private missed: CallPart[] = [];
  private wake: (() => void) | undefined;
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
   * The next results, and perhaps the end; nothing after the end, and when it was given up.
   * @throws {ClientError} `position_lost` when what comes next is not kept any more.
   */
  async next(): Promise<CallPart | undefined> {
    while (!this.isClosed && !this.isOver) {
      const part = this.ready() ?? (await this.reread());
      if (part) {
        this.at = lastOf(part) + (part.end ? 1 : 0);
        return part;
      }
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    return undefined;
  }

  /** Gives it up. */
  return(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.missed = [];
    this.changed();
    this.left();
  }

  changed(): void {
    this.wake?.();
    this.wake = undefined;
  }

  private ready(): CallPart | undefined {
    for (let part = this.missed.shift(); part; part = this.missed.shift()) {
      const fresh = after(part, this.at);
      if (fresh) return fresh;
    }
    return this.follower.recentAfter(this.at);
  }

  /** What is behind the latest has left the memory, or never was there. */
  private async reread(): Promise<CallPart | undefined> {
    const { story } = this.follower;
    if (this.at >= story.count && !story.end) {
      if (story.isBroken) throw KEPT_ERRORS.positionLost();
      return undefined;
    }
    this.missed = await this.follower.allAfter(this.at);
    return this.missed.shift();
  }
}
