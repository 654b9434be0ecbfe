/** Lets so many do something at a time. The others wait in line, and may leave it. */
export class Turns {
  private taken = 0;
  private readonly line = new Set<() => void>();

  constructor(private readonly most: number) {}

  /**
   * Waits for a turn. MUST be followed by one {@link give}.
   * @throws the signal's reason when that is aborted before it is one's turn.
   */
  async take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.taken === this.most) await this.wait(signal);
    else this.taken++;
  }

  /** Gives the turn to the next in line. */
  give(): void {
    const [next] = this.line;
    if (next) next();
    else this.taken--;
  }

  private wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.line.delete(come);
        signal.removeEventListener('abort', refuse);
      };
      const come = (): void => {
        leave();
        resolve();
      };
      const refuse = (): void => {
        leave();
        reject(signal.reason as Error);
      };
      this.line.add(come);
      signal.addEventListener('abort', refuse);
    });
  }
}
