/** How many events one connection may send. */
export interface EventRateLimit {
  /** 0: no limit. */
  readonly perSecond: number;
  /** So many more may come at once; they count towards the seconds that follow. */
  readonly burst: number;
}

/** Counts the events of one connection, second by second. */
export class EventRate {
  private second = 0;
  /** Events of this second, and those of earlier ones that were too many for these. */
  private count = 0;

  /** Takes one more, or several. @returns whether that is more than the limit. */
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
