import type { Clock } from '../clock.js';
import { platform } from '../platform.js';

/** A clock that a test turns. Chance is the same in each run. */
export interface FakeClock extends Clock {
  /** Lets time go by: what is due happens in order, each with the promises that it settles. */
  advance(ms: number): Promise<void>;
  /** The timers that are set. */
  readonly timers: number;
}

interface Timer {
  readonly task: () => void;
  readonly dueMs: number;
}

/** Makes a clock. @param random in place of chance that is the same in each run. */
export function fakeClock(random: () => number = chance()): FakeClock {
  const timers = new Set<Timer>();
  let nowMs = 0;
  const next = (): Timer | undefined => {
    let first: Timer | undefined;
    for (const timer of timers) if (!first || timer.dueMs < first.dueMs) first = timer;
    return first;
  };
  return {
    now: () => nowMs,
    random,
    set(task, ms) {
      const timer = { task, dueMs: nowMs + Math.max(0, ms) };
      timers.add(timer);
      return timer;
    },
    clear: (timer) => void timers.delete(timer as Timer),
    get timers() {
      return timers.size;
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      await settled();
      for (let timer = next(); timer && timer.dueMs <= untilMs; timer = next()) {
        timers.delete(timer);
        nowMs = timer.dueMs;
        timer.task();
        await microtasks();
      }
      nowMs = untilMs;
      await settled();
    },
  };
}

const MICROTASKS = 20;

async function microtasks(): Promise<void> {
  for (let turn = 0; turn < MICROTASKS; turn++) await Promise.resolve();
}

/** All promises that can settle without time have done so. */
async function settled(): Promise<void> {
  await new Promise<void>((resolve) => void platform.setTimeout(resolve, 0));
  await microtasks();
}

/** Numbers from 0 to below 1 that look like chance (the generator `mulberry32`). */
function chance(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
