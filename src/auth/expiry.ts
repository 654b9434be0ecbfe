/** The longest time between looks at the clock, as the time of day may be set meanwhile. */
const LOOK_MS = 15_000;

/** Calls back when a proof of identity expires, however far off that is; does not keep the process running. */
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
    const isLong = waitMs > LOOK_MS;
    this.timer = setTimeout(() => (isLong ? this.wait() : this.expired()), Math.min(waitMs, LOOK_MS));
    this.timer.unref();
  }
}
