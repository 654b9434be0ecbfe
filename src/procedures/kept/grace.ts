/** Stops what nobody watches. A watcher on another node counts, and is asked for only when the time is up. */
export class Grace {
  private timer: NodeJS.Timeout | undefined;
  private isWatched = false;
  private isOver = false;

  /**
   * @param isWatchedElsewhere whether anybody watches on any node.
   * @param stop called when nobody has for a grace, at the latest after two.
   */
  constructor(
    private readonly graceMs: number,
    private readonly isWatchedElsewhere: () => Promise<boolean>,
    private readonly stop: () => void,
  ) {
    this.wait();
  }

  /** Somebody watches on this node, or nobody does any more. */
  watched(isWatched: boolean): void {
    this.isWatched = isWatched;
    if (isWatched) this.cancel();
    else if (!this.timer) this.wait();
  }

  end(): void {
    this.isOver = true;
    this.cancel();
  }

  private cancel(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private wait(): void {
    if (this.isOver) return;
    this.timer = setTimeout(() => void this.due(), this.graceMs).unref();
  }

  private async due(): Promise<void> {
    this.timer = undefined;
    const isWatched = await this.isWatchedElsewhere();
    // Somebody may have come meanwhile, and gone: then it waits anew.
    if (this.isOver || this.isWatched || this.timer) return;
    if (isWatched) this.wait();
    else this.stop();
  }
}
