/** What the work of the gateway takes off at most: events that were sent once must not keep a connection for hours. */
const MAX_OUR_MS = 300_000;

/**
 * Reckons the time in which a client must show that it has business here. What the gateway and the app take for its
 * events is theirs: the clock stands still meanwhile, for five minutes in all.
 */
export class AdmissionClock {
  private ourMs = 0;
  private stoppedAtMs: number | undefined = undefined;

  constructor(private readonly openedAtMs: number) {}

  /** The client has to wait from now on. */
  stop(nowMs: number): void {
    this.stoppedAtMs = nowMs;
  }

  /** It is the client's turn again. */
  goOn(nowMs: number): void {
    this.ourMs = this.ourMsAt(nowMs);
    this.stoppedAtMs = undefined;
  }

  /** When a client that has so much time runs out of it, as things stand. */
  endsAtMs(nowMs: number, deadlineMs: number): number {
    return this.openedAtMs + deadlineMs + this.ourMsAt(nowMs);
  }

  private ourMsAt(nowMs: number): number {
    const stoppedMs = this.stoppedAtMs === undefined ? 0 : nowMs - this.stoppedAtMs;
    return Math.min(this.ourMs + stoppedMs, MAX_OUR_MS);
  }
}
