import { MAX_TIMER_MS } from '../base/max-timer.js';
import type { Publication } from '../protocol/publication.js';
import { type KeyLimits, KeyMemory } from './key-memory.js';

interface Lane {
  lastMs: number;
  pending: Publication | undefined;
  timer: NodeJS.Timeout | undefined;
}

/** Receives the publications that a throttle has kept back. */
export interface ThrottleOutlet {
  /** The period of one has passed. */
  deliver(publication: Publication): void;
  /** One was replaced by a newer one. */
  replaced(): void;
  /** The time of the last delivery of a key had to be forgotten. */
  forgotten(): void;
}

/**
 * Keeps the deliveries of one subscription apart, by throttle key: one per period, and the last one always. The
 * period is each publication's own; none or a negative one never holds back.
 */
export class Throttle {
  private readonly lanes: KeyMemory<Lane>;
  private pendingCount = 0;

  constructor(
    limits: KeyLimits,
    private readonly outlet: ThrottleOutlet,
  ) {
    this.lanes = new KeyMemory(limits, (lane) => this.forgotten(lane));
  }

  /** Whether it keeps something. */
  get isHolding(): boolean {
    return this.pendingCount > 0;
  }

  /** Whether a publication may go out now. If not it is kept, in place of the one kept before. */
  admits(publication: Publication, periodMs: number, key: string): boolean {
    const nowMs = performance.now();
    const lane = this.lanes.get(key);
    if (lane === undefined || nowMs - lane.lastMs >= periodMs) {
      this.delivered(key, nowMs);
      return true;
    }
    this.forget(lane);
    publication.detach();
    lane.pending = publication;
    this.pendingCount++;
    // Rounded up: timers drop fractions, and a delivery must not come before its time.
    const waitMs = Math.min(Math.ceil(lane.lastMs + periodMs - nowMs), MAX_TIMER_MS);
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
    this.forget(lane);
    lane.lastMs = nowMs;
    this.lanes.set(key, lane);
  }

  /** Forgets what is kept. */
  stop(): void {
    for (const lane of this.lanes.all()) clearTimeout(lane.timer);
    this.lanes.clear();
    this.pendingCount = 0;
  }

  private release(key: string, lane: Lane): void {
    const publication = lane.pending;
    if (publication === undefined) return;
    lane.pending = undefined;
    this.pendingCount--;
    this.delivered(key);
    this.outlet.deliver(publication);
  }

  /** The last of a key always arrives: what waits does so early. */
  private forgotten(lane: Lane): void {
    clearTimeout(lane.timer);
    const { pending } = lane;
    lane.pending = undefined;
    this.outlet.forgotten();
    if (!pending) return;
    this.pendingCount--;
    this.outlet.deliver(pending);
  }

  private forget(lane: Lane): void {
    clearTimeout(lane.timer);
    if (!lane.pending) return;
    lane.pending = undefined;
    this.pendingCount--;
    this.outlet.replaced();
  }
}
