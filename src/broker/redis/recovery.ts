import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@nestjs/common';
import { BrokerError, faultText } from '../broker.error.js';

const MIN_RECONNECT_MS = 100;
const MAX_RECONNECT_MS = 2000;

/**
 * Tries over and over until it succeeds, and waits before each try.
 * @param signal ends it.
 * @param logger is told why a try failed: as a warning, once for each reason that somebody has to do something about.
 * @returns whether it succeeded.
 */
export async function recover(
  attempt: () => Promise<void>,
  signal: AbortSignal,
  logger: Pick<Logger, 'warn' | 'debug'>,
): Promise<boolean> {
  const warned = new Set<string>();
  for (let tries = 0; !signal.aborted; tries++) {
    try {
      await delay(reconnectDelayMs(tries), undefined, { signal });
      await attempt();
      return true;
    } catch (error) {
      if (!signal.aborted) tell(error, warned, logger);
    }
  }
  return false;
}

function tell(error: unknown, warned: Set<string>, logger: Pick<Logger, 'warn' | 'debug'>): void {
  const text = faultText(error);
  if (!(error instanceof BrokerError) || !error.hasCure || warned.has(text)) {
    logger.debug(`not connected: ${text}`);
    return;
  }
  warned.add(text);
  logger.warn(text);
}

/** Grows from try to try, and differs from node to node so that they do not come back all at once. */
function reconnectDelayMs(tries: number): number {
  const ceilingMs = Math.min(MAX_RECONNECT_MS, MIN_RECONNECT_MS * 2 ** (tries + 1));
  return MIN_RECONNECT_MS + Math.random() * (ceilingMs - MIN_RECONNECT_MS);
}
