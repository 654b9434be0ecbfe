import type { Dispatcher } from 'undici';
import { CallbackAnswerError } from '../../protocol/errors.js';
import { isJsonType } from '../../protocol/media-type.js';
import type { TryJudge, TryVerdict } from '../breaker.js';
import { isTransient } from '../http-status.js';
import type { AppAnswer } from '../requester.js';
import { answerTypeOf, AttemptError, BusyError, FinalAttemptError } from './exchange.js';

const TOO_MANY_REQUESTS = 429;

/** Of a callback, whose answers are all as they should be. */
export function callbackJudge(signal: AbortSignal): TryJudge<unknown> {
  return { result: () => 'answered', error: (error) => verdictOf(error, signal) };
}

/** Of a request that may have any status. */
export function requestJudge(signal: AbortSignal): TryJudge<AppAnswer> {
  return { result: ({ status }) => ofStatus(status), error: (error) => verdictOf(error, signal) };
}

/** Of a request to a procedure, which may fail by a status and an error in JSON: then the app is there. */
export function procedureJudge(signal: AbortSignal): TryJudge<Dispatcher.ResponseData> {
  return {
    result: ({ statusCode, headers }) =>
      isJsonType(answerTypeOf(headers)) ? 'answered' : ofStatus(statusCode),
    error: (error) => verdictOf(error, signal),
  };
}

function ofStatus(status: number): TryVerdict {
  if (status === TOO_MANY_REQUESTS) return undefined;
  return isTransient(status) ? 'failed' : 'answered';
}

/** Nothing, when nobody waits for the answer any more, or the gateway could not send. */
function verdictOf(error: unknown, signal: AbortSignal): TryVerdict {
  if (signal.aborted || error instanceof BusyError) return undefined;
  if (error instanceof FinalAttemptError || error instanceof CallbackAnswerError) return 'answered';
  return error instanceof AttemptError ? 'failed' : undefined;
}
