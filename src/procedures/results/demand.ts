/** Backpressure between the producer and the reader of results: the next is produced when the reader waits for it. */
export class Demand {
  /** Set by the producer before its last result, the return value of a generator. */
  isLast = false;
  private isWanted = false;
  private wake: (() => void) | undefined;

  want(): void {
    this.isWanted = true;
    this.wake?.();
  }

  satisfied(): void {
    this.isWanted = false;
  }

  /** Resolves when the reader waits for a result. */
  wanted(): Promise<void> {
    return this.isWanted ? Promise.resolve() : new Promise((resolve) => (this.wake = resolve));
  }
}
