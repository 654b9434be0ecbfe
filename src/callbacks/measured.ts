import type { Metrics } from '../metrics/metrics.js';
import { CallbackError, ClientError } from '../protocol/errors.js';

/** A question, as the metrics name it. */
export interface MeasuredQuestion {
  readonly service: string;
  readonly callback: string;
  /** Ends the call as `cancelled`; so does {@link withdrawal}, as long as nothing has been sent. */
  readonly signal?: AbortSignal | undefined;
  readonly withdrawal?: AbortSignal | undefined;
  /** Whether an error is a refusal by the app. Default: a {@link ClientError} is. */
  readonly isRefusal?: (error: unknown) => boolean;
}

/**
 * The end of a call. `refused`: the app said no; `unavailable`: it could not be asked; `cancelled`: its answer was not
 * needed any more; `failed`: any other error, such as an invalid answer.
 */
export type Outcome = 'ok' | 'refused' | 'unavailable' | 'cancelled' | 'failed';

/** Asks, and records the outcome and the duration. */
export async function measured<Answer>(
  metrics: Metrics,
  { service, callback, isRefusal = isClientError, ...ends }: MeasuredQuestion,
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

function outcomeOf(
  error: unknown,
  { signal, withdrawal }: Pick<MeasuredQuestion, 'signal' | 'withdrawal'>,
): Outcome {
  if (error instanceof CallbackError) return 'unavailable';
  return signal?.aborted === true || (withdrawal?.aborted === true && error === withdrawal.reason)
    ? 'cancelled'
    : 'failed';
}

function isClientError(error: unknown): boolean {
  return error instanceof ClientError;
}
