import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../base/monotonic-ms.js';

/** A timer that is later than this was held up, and so was what others have sent. */
const HELD_UP_MS = 25;
const TRIES = 5;

/** Waits for a time in which this process has read what others sent: one that was held up begins anew. */
export async function calm(timeMs: number): Promise<void> {
  if (timeMs <= 0) return;
  for (let tries = 0; tries < TRIES; tries++) {
    const sinceMs = monotonicMs();
    await delay(timeMs, undefined, { ref: false });
    if (monotonicMs() - sinceMs < timeMs + HELD_UP_MS) return;
  }
}
