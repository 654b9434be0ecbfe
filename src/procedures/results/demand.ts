/** Between whoever makes results and whoever reads them: the next one is made when somebody waits for it. */
export class Demand {
  /** Set by the maker before its last result: the one that a generator returned. */
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

  /** Settles when somebody waits for a result. */
  wanted(): Promise<void> {
    return this.isWanted ? Promise.resolve() : new Promise((resolve) => (this.wake = resolve));
  }
}
