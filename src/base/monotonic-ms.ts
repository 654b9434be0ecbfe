/**
 * Milliseconds of a clock that nobody sets: what durations are measured with. The time of day is for timestamps, and for
 * what others have dated, such as the end of a token. Whole numbers, which take no memory of their own where they are kept.
 */
export function monotonicMs(): number {
  return Math.trunc(performance.now());
}
