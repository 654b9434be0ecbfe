/** Counts the events of one connection, second by second. */
export class EventRate {
  private second = 0;
  private count = 0;

  /** Takes one more. @returns whether that is more than the limit; 0 is no limit. */
  exceeds(limit: number, nowMs: number): boolean {
    if (limit === 0) return false;
    const second = Math.floor(nowMs / 1000);
    if (second !== this.second) {
      this.second = second;
      this.count = 0;
    }
    return ++this.count > limit;
  }
}
