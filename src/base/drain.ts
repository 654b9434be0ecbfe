/** Counts the work that has to be done before a process may end. */
export class Drain {
  private pending = 0;
  private whenEmpty: (() => void)[] = [];

  begin(): void {
    this.pending++;
  }

  end(): void {
    if (--this.pending > 0) return;
    for (const resolve of this.whenEmpty.splice(0)) resolve();
  }

  /** Resolves when no work is left; at once if there is none. */
  async drained(): Promise<void> {
    if (this.pending > 0) await new Promise<void>((resolve) => this.whenEmpty.push(resolve));
  }
}
