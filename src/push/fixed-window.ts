import { monotonicMs } from '../base/monotonic-ms.js';

/**
 * The turns of each second, of which none is left over for the next. What is refused has cost nothing: services may
 * come again. The `EventRate` of a client, which is closed for too many events, counts on into the seconds that follow.
 */
export class FixedWindow {
  private second = 0;
  private count = 0;

  /** @param perSecond 0 for no limit. */
  constructor(private readonly perSecond: number) {}

  /**
   * Takes a number of turns. More than a second has are taken as the first of a second, or they never could be.
   * @returns whether they were still free in this second; if not, none is taken.
   */
  take(turns: number): boolean {
    if (this.perSecond === 0) return true;
    const second = Math.floor(monotonicMs() / 1000);
    if (second !== this.second) {
      this.second = second;
      this.count = 0;
    }
    if (this.count > 0 && this.count + turns > this.perSecond) return false;
    this.count += turns;
    return true;
  }
}
