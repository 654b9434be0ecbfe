import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@nestjs/common';
import { BrokerError, faultText } from '../broker.error.js';

const MIN_RECONNECT_MS = 100;
const MAX_RECONNECT_MS = 2000;

/**
 * Repeats an attempt until it succeeds, with a wait before each try.
 * @param signal ends it.
 * @param logger gets the reasons of failures: as a warning, once each, where the operator has to act.
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

/** Exponential backoff with jitter, so that nodes do not come back all at once. */
function reconnectDelayMs(tries: number): number {
  const ceilingMs = Math.min(MAX_RECONNECT_MS, MIN_RECONNECT_MS * 2 ** (tries + 1));
  return MIN_RECONNECT_MS + Math.random() * (ceilingMs - MIN_RECONNECT_MS);
}
