declare const performance: { now(): number };
declare function setTimeout(task: () => void, ms: number): unknown;
declare function clearTimeout(timer: unknown): void;

/** Time and chance, for tests that turn the clock themselves. Times are in milliseconds. */
export interface Clock {
  /** A time that never goes back. */
  now(): number;
  /** Calls once, later. @returns a timer for `clear`. */
  set(task: () => void, ms: number): unknown;
  clear(timer: unknown): void;
  /** From 0 to below 1. */
  random(): number;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  set: (task, ms) => setTimeout(task, ms),
  clear: (timer) => clearTimeout(timer),
  random: Math.random,
};
