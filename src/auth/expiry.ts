import { MAX_TIMER_MS } from '../protocol/max-timer.js';

/** Does something when a proof of identity loses its force, however far that is away; keeps no process running. */
export class Expiry {
  private timer: NodeJS.Timeout | undefined = undefined;

  /** @param timeMs in milliseconds since the epoch. */
  constructor(
    private readonly timeMs: number,
    private readonly expired: () => void,
  ) {
    this.wait();
  }

  cancel(): void {
    clearTimeout(this.timer);
  }

  private wait(): void {
    const waitMs = Math.max(this.timeMs - Date.now(), 0);
    const isLong = waitMs > MAX_TIMER_MS;
    this.timer = setTimeout(() => (isLong ? this.wait() : this.expired()), Math.min(waitMs, MAX_TIMER_MS));
    this.timer.unref();
  }
}
