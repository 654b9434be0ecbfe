import type { Publication } from '../protocol/publication.js';

const MAX_TIMER_MS = 2 ** 31 - 1;

interface Lane {
  lastMs: number;
  pending: Publication | undefined;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Keeps the deliveries of one subscription apart, by throttle key: one per period, and the last one always. The
 * period is each publication's own; none or a negative one never holds back.
 */
export class Throttle {
  private readonly lanes = new Map<string, Lane>();

  /** @param deliver called with a publication that was kept back, when its time has come. */
  constructor(private readonly deliver: (publication: Publication) => void) {}

  /** Whether a publication may go out now. If not it is kept, in place of the one kept before. */
  admits(publication: Publication, periodMs: number, key: string): boolean {
    const nowMs = performance.now();
    const lane = this.lanes.get(key);
    if (lane === undefined || nowMs - lane.lastMs >= periodMs) {
      this.delivered(key, nowMs);
      return true;
    }
    clearTimeout(lane.timer);
    lane.pending = publication;
    const waitMs = Math.min(lane.lastMs + periodMs - nowMs, MAX_TIMER_MS);
    lane.timer = setTimeout(() => this.release(key, lane), waitMs);
    return false;
  }

  /** Counts a delivery that was made another way, such as the state that came with the subscription. */
  delivered(key: string, nowMs = performance.now()): void {
    const lane = this.lanes.get(key);
    if (lane === undefined) {
      this.lanes.set(key, { lastMs: nowMs, pending: undefined, timer: undefined });
      return;
    }
    clearTimeout(lane.timer);
    lane.lastMs = nowMs;
    lane.pending = undefined;
  }

  /** Forgets what is kept. */
  stop(): void {
    for (const lane of this.lanes.values()) clearTimeout(lane.timer);
    this.lanes.clear();
  }

  private release(key: string, lane: Lane): void {
    const publication = lane.pending;
    if (publication === undefined) return;
    this.delivered(key);
    this.deliver(publication);
  }
}
