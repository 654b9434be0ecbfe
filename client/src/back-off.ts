import type { Clock } from './clock.js';

export interface BackOffOptions {
  /** Before the first try, on average three quarters of it. Default: 500 ms. */
  readonly baseMs?: number;
  /** Default: 20,000 ms. */
  readonly maxMs?: number;
}

/** How long to wait before the next try: jitter comes after the cap, so that a herd never tries in step. */
export class BackOff {
  readonly #clock: Clock;
  readonly #baseMs: number;
  readonly #maxMs: number;
  #tries = 0;

  constructor(clock: Clock, { baseMs = 500, maxMs = 20_000 }: BackOffOptions = {}) {
    this.#clock = clock;
    this.#baseMs = baseMs;
    this.#maxMs = maxMs;
  }

  /** @param baseMs instead of the usual one, where the gateway has had too much. */
  next(baseMs = this.#baseMs): number {
    const waitMs = Math.min(this.#maxMs, baseMs * 2 ** this.#tries++);
    return waitMs * (0.5 + this.#clock.random());
  }

  reset(): void {
    this.#tries = 0;
  }
}
