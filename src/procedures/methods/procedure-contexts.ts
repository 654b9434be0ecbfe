import { ExternalContextCreator } from '@nestjs/core';
import type { ExternalExceptionsHandler } from '@nestjs/core/exceptions/external-exceptions-handler.js';
import type { ExecutionContextHost } from '@nestjs/core/internal';
import type { Observable } from 'rxjs';
import { derivedContexts, type Intercept } from '../../callbacks/providers/nest-contexts.js';
import { isForClient } from '../../callbacks/providers/refusal-members.js';
import { isForCaller } from '../is-for-caller.js';
import type { ProcedureCall } from '../procedure-call.js';
import { FilteredResults } from '../results/filtered-results.js';
import { InterceptedResult } from '../results/intercepted-result.js';
import { streamOf } from '../results/stream-of.js';

/** The properties of a procedure that its context depends on. */
export interface ContextOf {
  /** Whether its signature declares a stream. */
  readonly isStream: boolean;
  /** Converts an error that no exception filter handled to the one for the caller. */
  told(error: unknown, call: ProcedureCall): unknown;
}

/**
 * Derives a context creator of Nest (guards, pipes, interceptors, exception filters) whose results may be streams.
 * Nest's own reduces an Observable to one value, and filters only errors that come before it.
 */
export function procedureContexts(contexts: ExternalContextCreator, of: ContextOf): ExternalContextCreator {
  const derived = derivedContexts(contexts, {
    intercept: (own) => interceptBy(own, of),
    call: async (target, handler, host) => {
      const filter = (error: unknown): Promise<unknown> => filtered(error, host, { handler, of });
      try {
        const result = await target(...host.getArgs());
        const stream = streamOf(result);
        return stream ? new FilteredResults(stream, filter) : result;
      } catch (error) {
        return filter(error);
      }
    },
  });
  return Object.defineProperty(derived, 'transformToResult', {
    value: (result: unknown) => Promise.resolve(result),
  });
}

function interceptBy(own: Intercept, { isStream }: ContextOf): Intercept {
  return async (interceptors, args, instance, callback, next, type) => {
    if (interceptors.length === 0) return next();
    const [{ signal }] = args as [ProcedureCall];
    const result = new InterceptedResult(signal, isStream);
    const handle = async (): Promise<unknown> => result.returned(await next());
    const observable = await own(interceptors, args, instance, callback, handle, type);
    return result.follow(observable as Observable<unknown>);
  };
}

interface Filtering {
  readonly handler: ExternalExceptionsHandler;
  readonly of: ContextOf;
}

/** Errors that come after the end of the call pass the filters by. */
async function filtered(
  error: unknown,
  host: ExecutionContextHost,
  { handler, of }: Filtering,
): Promise<unknown> {
  const [call] = host.getArgs<[ProcedureCall]>();
  if (call.signal.aborted) throw error;
  try {
    const answer = handler.invokeCustomFilters(error, host);
    if (answer !== undefined) return await answer;
  } catch (thrown) {
    const fault = of.told(thrown, call);
    const isHidden = !isForCaller(fault) && (isForCaller(error) || isForClient(error));
    throw isHidden ? of.told(error, call) : fault; // a filter for HTTP alone has failed on it
  }
  throw of.told(error, call);
}
