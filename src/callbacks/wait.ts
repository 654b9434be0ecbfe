import { setTimeout as delay } from 'node:timers/promises';

/**
 * A wait that is longer by a random part of `jitterMs`, at most twice as long, so that callers that failed together do
 * not retry together. Whole milliseconds.
 */
export function jittered(waitMs: number, jitterMs: number): number {
  return Math.round(waitMs + Math.random() * Math.min(jitterMs, waitMs));
}

/** Waits. @throws the signal's reason when that is aborted. */
export async function wait(waitMs: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(waitMs, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
