import type { RedisOptions } from 'ioredis';
import { heedingTimeLimit } from '../../../base/time-limit.js';
import type { RedisSettings } from '../../../config/sections/broker/redis.settings.js';
import { BrokerError, faultText } from '../../broker.error.js';
import { connectionOptions } from './connection.js';
import { diagnose } from './diagnosis.js';
import { explainedRedisFault } from './faults.js';
import { describeRedis } from './places.js';

const NO_ANSWER = /^no answer within|ETIMEDOUT/;
/** Nothing took the connection: there is nobody to ask for a reason. */
const NOBODY_THERE = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH/;

/**
 * Tries the ways to connect in turn, until one works.
 * @param signal ends the attempts.
 * @throws {BrokerError} naming host and port when none works within `connectTimeoutMs`, with the remedy if it is known.
 */
export async function firstWay<T>(
  settings: RedisSettings,
  signal: AbortSignal,
  attempt: (options: RedisOptions, ending: AbortSignal) => Promise<T>,
): Promise<T> {
  const faults: string[] = [];
  const ways = await connectionOptions(settings);
  const deadline = performance.now() + settings.connectTimeoutMs;
  for (const [index, options] of ways.entries()) {
    // A server that hangs leaves time to try the others; one that refuses leaves them all of its own.
    const timeoutMs = Math.ceil((deadline - performance.now()) / (ways.length - index));
    try {
      const tooLate = new Error(`no answer within ${timeoutMs} ms`);
      return await heedingTimeLimit(timeoutMs, tooLate, signal, (ending) => attempt(options, ending));
    } catch (error) {
      faults.push(faultText(error));
    }
  }
  throw await unreachable(settings, ways, faults, signal);
}

async function unreachable(
  settings: RedisSettings,
  ways: readonly RedisOptions[],
  texts: readonly string[],
  signal: AbortSignal,
): Promise<BrokerError> {
  let faults = texts.map((text) => explainedRedisFault(text, settings));
  // The servers of one Redis are alike: it is enough to ask one.
  const unexplained = faults.findIndex(({ text }) => !NOBODY_THERE.test(text));
  if (unexplained >= 0 && faults.every(({ hasCure }) => !hasCure)) {
    const isSilent = NO_ANSWER.test(texts[unexplained]!);
    const found = await diagnose(ways[unexplained]!, isSilent, signal);
    if (found !== undefined) faults = faults.with(unexplained, explainedRedisFault(found, settings));
  }
  const why = [...new Set(faults.map(({ text }) => text))].join('; ');
  const hasCure = faults.some((fault) => fault.hasCure);
  return new BrokerError(`${describeRedis(settings)} cannot be reached: ${why}`, hasCure);
}
