/** Brings forward the next try of a {@link Repetition}, for a caller that cannot wait. */
export class Hurry {
  private wake: (() => void) | undefined;
  private waiting: (() => void)[] = [];

  /** Tries now. Resolves after the try, whether or not it succeeded. */
  tryNow(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.wake?.();
    });
  }

  /** Called when a wait for the next try begins. @param wake ends it. */
  waits(wake: () => void): void {
    this.wake = wake;
  }

  /** Called when the wait is over: later callers of `tryNow` get the try that begins. */
  tries(): void {
    this.wake = undefined;
  }

  /** Called when a try has failed, or there will be no more. */
  tried(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
