/** The number of tries, and of those that failed, lately: in the last window, or in up to half of one more. */
export class TryCounts {
  private tries = 0;
  private failures = 0;
  private earlierTries = 0;
  private earlierFailures = 0;
  private halfBeganMs = 0;

  constructor(private readonly windowMs: number) {}

  add(hasFailed: boolean, nowMs: number): void {
    this.turn(nowMs);
    this.tries++;
    if (hasFailed) this.failures++;
  }

  get failed(): number {
    return this.failures + this.earlierFailures;
  }

  /** Of all tries, in percent. */
  get percent(): number {
    return (100 * this.failed) / Math.max(this.tries + this.earlierTries, 1);
  }

  clear(): void {
    this.tries = this.failures = this.earlierTries = this.earlierFailures = 0;
  }

  private turn(nowMs: number): void {
    const halves = Math.floor((2 * (nowMs - this.halfBeganMs)) / this.windowMs);
    if (halves < 1) return;
    this.earlierTries = halves === 1 ? this.tries : 0;
    this.earlierFailures = halves === 1 ? this.failures : 0;
    this.tries = this.failures = 0;
    this.halfBeganMs = nowMs;
  }
}
