import type { Metrics } from '../metrics/metrics.js';
import { CallbackError, ClientError } from '../protocol/errors.js';

/** What is asked, as the metrics name it. */
export interface Question {
  readonly service: string;
  readonly callback: string;
  /** They end the call; see {@link Outcome}. */
  readonly signal?: AbortSignal | undefined;
  readonly withdrawal?: AbortSignal | undefined;
  /** Whether an error is the app's no. Default: a {@link ClientError} is. */
  readonly isRefusal?: (error: unknown) => boolean;
}

/** How a call ended. `refused`: the app said no; `failed`: its answer was none; `cancelled`: it was of no use any more. */
export type Outcome = 'ok' | 'refused' | 'unavailable' | 'cancelled' | 'failed';

/** Asks, and counts how that ended and how long it took. */
export async function measured<Answer>(
  metrics: Metrics,
  { service, callback, isRefusal = isClientError, ...ends }: Question,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const startedMs = performance.now();
  let outcome: Outcome = 'ok';
  try {
    return await ask();
  } catch (error) {
    outcome = isRefusal(error) ? 'refused' : outcomeOf(error, ends);
    throw error;
  } finally {
    metrics.callbackDone(service, callback, outcome, (performance.now() - startedMs) / 1000);
  }
}

function outcomeOf(error: unknown, { signal, withdrawal }: Pick<Question, 'signal' | 'withdrawal'>): Outcome {
  if (error instanceof CallbackError) return 'unavailable';
  return signal?.aborted === true || (withdrawal?.aborted === true && error === withdrawal.reason)
    ? 'cancelled'
    : 'failed';
}

function isClientError(error: unknown): boolean {
  return error instanceof ClientError;
}
