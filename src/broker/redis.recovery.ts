import { setTimeout as delay } from 'node:timers/promises';

const MIN_RECONNECT_MS = 100;
const MAX_RECONNECT_MS = 2000;

/**
 * Tries over and over until it succeeds, and waits before each try.
 * @param signal ends it.
 * @param failed is told why a try failed.
 * @returns whether it succeeded.
 */
export async function recover(
  attempt: () => Promise<void>,
  signal: AbortSignal,
  failed: (error: unknown) => void,
): Promise<boolean> {
  for (let tries = 0; !signal.aborted; tries++) {
    try {
      await delay(reconnectDelayMs(tries), undefined, { signal });
      await attempt();
      return true;
    } catch (error) {
      if (!signal.aborted) failed(error);
    }
  }
  return false;
}

/** Grows from try to try, and differs from node to node so that they do not come back all at once. */
function reconnectDelayMs(tries: number): number {
  const ceilingMs = Math.min(MAX_RECONNECT_MS, MIN_RECONNECT_MS * 2 ** (tries + 1));
  return MIN_RECONNECT_MS + Math.random() * (ceilingMs - MIN_RECONNECT_MS);
}
