import { ExternalContextCreator } from '@nestjs/core';
import type { ExternalExceptionsHandler } from '@nestjs/core/exceptions/external-exceptions-handler.js';
import type { ExecutionContextHost } from '@nestjs/core/internal';
import { isObservable, lastValueFrom, map } from 'rxjs';
import { Carrier } from './carrier.js';
import { derivedContexts, type Intercept } from './nest-contexts.js';
import { isForClient } from './refusal-members.js';

/** The result of a method. */
export interface ReturnedValue {
  /** The result after interceptors and filters. */
  readonly value: unknown;
  /** The value that the method itself returned. */
  readonly returned: unknown;
}

/**
 * Nest's calls of methods through guards, pipes, interceptors and exception filters, where the value that the method
 * returned or threw stays known: those of a whole app may be made for HTTP alone. Handlers give {@link ReturnedValue}s.
 * @param failed called when a filter itself fails; then the error that the method threw counts.
 */
export function callbackContexts(
  contexts: ExternalContextCreator,
  failed: (fault: unknown) => void,
): ExternalContextCreator {
  return derivedContexts(contexts, {
    intercept: interceptBy,
    call: async (target, handler, host) => {
      try {
        return await target(...host.getArgs());
      } catch (error) {
        return unchanged(await filtered(error, host, { handler, failed }));
      }
    },
  });
}

function interceptBy(own: Intercept): Intercept<ReturnedValue> {
  return async (interceptors, args, instance, callback, next, type) => {
    if (interceptors.length === 0) return unchanged(await lastOf(await next()));
    let returned: unknown;
    const noted = (value: unknown): unknown => {
      returned = value;
      return value instanceof Carrier ? (value.data as unknown) : value;
    };
    const handle = async (): Promise<unknown> => {
      const result = await next();
      return isObservable(result) ? result.pipe(map(noted)) : noted(result);
    };
    const value = await lastOf(await own(interceptors, args, instance, callback, handle, type));
    const isCarried = returned instanceof Carrier && !(value instanceof Carrier);
    return { value: isCarried ? (returned as Carrier).carrying(value) : value, returned };
  };
}

interface Filtering {
  readonly handler: ExternalExceptionsHandler;
  readonly failed: (fault: unknown) => void;
}

async function filtered(
  error: unknown,
  host: ExecutionContextHost,
  { handler, failed }: Filtering,
): Promise<unknown> {
  try {
    const answer = handler.invokeCustomFilters(error, host) as Promise<unknown> | undefined;
    // Nest's own last filter would log it without the connection.
    if (answer !== undefined) return await answer;
  } catch (thrown) {
    if (thrown === error || isForClient(thrown)) throw thrown;
    failed(thrown);
  }
  throw error;
}

function unchanged(value: unknown): ReturnedValue {
  return { value, returned: value };
}

async function lastOf(result: unknown): Promise<unknown> {
  return isObservable(result) ? lastValueFrom(result) : result;
}
