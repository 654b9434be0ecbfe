import { monotonicMs } from '../base/monotonic-ms.js';

/**
 * Does something soon, and no more often than once a period: the first time at the end of this turn of the event loop, so
 * that all that happens in one turn is done at once.
 */
export class Paced {
  private dueMs = -Infinity;
  private cancel: (() => void) | undefined;

  constructor(
    private readonly periodMs: number,
    private readonly task: () => void,
  ) {}

  wake(): void {
    if (this.cancel) return;
    const waitMs = this.dueMs - monotonicMs();
    if (waitMs > 0) {
      const timer = setTimeout(this.run, waitMs).unref();
      this.cancel = () => clearTimeout(timer);
    } else {
      const immediate = setImmediate(this.run);
      this.cancel = () => clearImmediate(immediate);
    }
  }

  stop(): void {
    this.cancel?.();
    this.cancel = undefined;
  }

  private readonly run = (): void => {
    this.cancel = undefined;
    this.dueMs = monotonicMs() + this.periodMs;
    this.task();
  };
}
