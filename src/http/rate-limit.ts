/** Counts what happens within each second. */
export class RateLimit {
  private second = 0;
  private count = 0;

  /** @param perSecond 0 for no limit. */
  constructor(private readonly perSecond: number) {}

  /** Takes a number of turns. @returns whether they were still free in this second; if not, none is taken. */
  take(turns: number): boolean {
    if (this.perSecond === 0) return true;
    const second = Math.floor(Date.now() / 1000);
    if (second !== this.second) {
      this.second = second;
      this.count = 0;
    }
    if (this.count + turns > this.perSecond) return false;
    this.count += turns;
    return true;
  }
}
