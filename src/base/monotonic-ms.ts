/**
 * Milliseconds of the monotonic clock, for measuring durations. The time of day is for timestamps, and for times that
 * others have set, such as the end of a token. Whole numbers, which V8 keeps in place rather than on the heap.
 */
export function monotonicMs(): number {
  return Math.trunc(performance.now());
}
