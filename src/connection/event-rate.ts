/** The limit of the events that one connection may send. */
export interface EventRateLimit {
  /** Events per second; 0: no limit. */
  readonly perSecond: number;
  /** The events that may come at once besides; they count towards the seconds that follow. */
  readonly burst: number;
}

/** Counts the events of one connection: a leaky bucket, which has room for a burst and loses a share each second. */
export class EventRate {
  private second = 0;
  /** Events of this second, and those of earlier ones that were too many for these. */
  private count = 0;

  /** Counts one event, or several. @returns whether the limit is exceeded. */
  exceeds({ perSecond, burst }: EventRateLimit, nowMs: number, events = 1): boolean {
    if (perSecond === 0) return false;
    const second = Math.floor(nowMs / 1000);
    if (second !== this.second) {
      const seconds = Math.abs(second - this.second); // a clock that is set back must not close anybody
      this.count = Math.max(0, this.count - seconds * perSecond);
      this.second = second;
    }
    this.count += events;
    return this.count > perSecond + burst;
  }
}
