import type { Clock } from './clock.js';

export interface BackOffOptions {
  /** Before the first try, on average: half of it to one and a half. Default: 500 ms. */
  readonly baseMs?: number;
  /** The longest wait. Default: 20,000 ms. */
  readonly maxMs?: number;
}

/**
 * The wait before the next try: jitter comes after the cap, so that a herd never tries in step.
 * @param tries how many there have been.
 * @returns milliseconds
 */
export function backOffMs(
  clock: Clock,
  tries: number,
  { baseMs = 500, maxMs = 20_000 }: BackOffOptions = {},
): number {
  return (Math.min(maxMs, 1.5 * baseMs * 2 ** tries) * (1 + 2 * clock.random())) / 3;
}
