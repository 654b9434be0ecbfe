import { wait } from '../callbacks/wait.js';

/** The burst that is allowed after a pause. */
const BURST_MS = 50;
/** Timers are not more exact than this. */
const LEAST_WAIT_MS = 5;

/** Spreads what is done over time, so many per second. */
export class Pace {
  private dueMs = 0;

  constructor(private readonly perSecond: number) {}

  /** Waits for the next turn. @throws the signal's reason when that is aborted. */
  async turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const nowMs = performance.now();
    this.dueMs = Math.max(this.dueMs, nowMs - BURST_MS) + 1_000 / this.perSecond;
    const waitMs = this.dueMs - nowMs;
    if (waitMs >= LEAST_WAIT_MS) await wait(waitMs, signal);
  }
}
