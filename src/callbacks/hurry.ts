/** Lets somebody who cannot wait have the next try of a {@link Repetition} come at once. */
export class Hurry {
  private wake: (() => void) | undefined;
  private waiting: (() => void)[] = [];

  /** Tries now. Resolves after the try, whatever came of it. */
  tryNow(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.wake?.();
    });
  }

  /** A wait for the next try begins. @param wake ends it. */
  waits(wake: () => void): void {
    this.wake = wake;
  }

  /** The wait is over: who comes now has the try that begins. */
  tries(): void {
    this.wake = undefined;
  }

  /** A try has failed, or there will be none any more. */
  tried(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
