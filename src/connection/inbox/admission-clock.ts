/** The longest time that the clock stands still: events that were sent once must not keep a connection for hours. */
const MAX_OUR_MS = 300_000;

/**
 * Measures the time in which a client must be admitted. The clock stands still while the gateway and the app handle its
 * events, for five minutes in all.
 */
export class AdmissionClock {
  private ourMs = 0;
  private stoppedAtMs: number | undefined = undefined;

  constructor(private readonly openedAtMs: number) {}

  /** Stops the clock: the client has to wait for the gateway. */
  stop(nowMs: number): void {
    this.stoppedAtMs = nowMs;
  }

  /** Starts the clock again: it is the client's turn. */
  goOn(nowMs: number): void {
    this.ourMs = this.ourMsAt(nowMs);
    this.stoppedAtMs = undefined;
  }

  /** The end of a deadline of so many milliseconds, as things stand. */
  endsAtMs(nowMs: number, deadlineMs: number): number {
    return this.openedAtMs + deadlineMs + this.ourMsAt(nowMs);
  }

  private ourMsAt(nowMs: number): number {
    const stoppedMs = this.stoppedAtMs === undefined ? 0 : nowMs - this.stoppedAtMs;
    return Math.min(this.ourMs + stoppedMs, MAX_OUR_MS);
  }
}
