import type { NestInterceptor } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import type { ExternalExceptionsHandler } from '@nestjs/core/exceptions/external-exceptions-handler.js';
import { ExecutionContextHost } from '@nestjs/core/internal';
import type { Observable } from 'rxjs';
import { isForClient } from '../../callbacks/providers/refusal-members.js';
import { FilteredResults } from '../results/filtered-results.js';
import { InterceptedResult } from '../results/intercepted-result.js';
import { isForCaller } from '../is-for-caller.js';
import type { ProcedureCall } from '../procedure-call.js';
import { streamOf } from '../results/stream-of.js';

type Handler = (...args: unknown[]) => Promise<unknown>;

/** The signature of `intercept` of Nest's `InterceptorsConsumer`. */
type Intercept = (
  interceptors: NestInterceptor[],
  args: unknown[],
  instance: object,
  callback: (...args: unknown[]) => unknown,
  next: Handler,
  type: string,
) => Promise<unknown>;

/** The properties of a procedure that its context depends on. */
export interface ContextOf {
  /** Whether its signature declares a stream. */
  readonly isStream: boolean;
  /** Converts an error that no exception filter handled to the one for the caller. */
  told(error: unknown): unknown;
}

/**
 * Derives a context creator of Nest (guards, pipes, interceptors, exception filters) whose results may be streams.
 * Nest's own reduces an Observable to one value, and filters only errors that come before it.
 */
export function procedureContexts(contexts: ExternalContextCreator, of: ContextOf): ExternalContextCreator {
  return Object.create(contexts, {
    transformToResult: { value: (result: unknown) => Promise.resolve(result) },
    interceptorsConsumer: { value: { intercept: interceptFor(contexts, of) } },
    externalErrorProxy: { value: { createProxy: proxyFor(of) } },
  }) as ExternalContextCreator;
}

function interceptFor(contexts: ExternalContextCreator, { isStream }: ContextOf): Intercept {
  const consumer = contexts['interceptorsConsumer'];
  return async (interceptors, args, instance, callback, next, type) => {
    if (interceptors.length === 0) return next();
    const [{ signal }] = args as [ProcedureCall];
    const result = new InterceptedResult(signal, isStream);
    const handle = async (): Promise<unknown> => result.returned(await next());
    const observable = await consumer.intercept(interceptors, args, instance, callback, handle, type);
    return result.follow(observable as Observable<unknown>);
  };
}

function proxyFor(of: ContextOf) {
  return (target: Handler, handler: ExternalExceptionsHandler, type: string): Handler =>
    async (...args) => {
      const [call] = args as [ProcedureCall];
      const filter = (error: unknown): Promise<unknown> => filtered(error, call, { args, handler, type, of });
      try {
        const result = await target(...args);
        const stream = streamOf(result);
        return stream ? new FilteredResults(stream, filter) : result;
      } catch (error) {
        return filter(error);
      }
    };
}

interface Filtering {
  readonly args: unknown[];
  readonly handler: ExternalExceptionsHandler;
  readonly type: string;
  readonly of: ContextOf;
}

/** Errors that come after the end of the call pass the filters by. */
async function filtered(
  error: unknown,
  call: ProcedureCall,
  { args, handler, type, of }: Filtering,
): Promise<unknown> {
  if (call.signal.aborted) throw error;
  const host = new ExecutionContextHost(args);
  host.setType(type);
  try {
    const answer = handler.invokeCustomFilters(error, host);
    if (answer !== undefined) return await answer;
  } catch (thrown) {
    const fault = of.told(thrown);
    const isHidden = !isForCaller(fault) && (isForCaller(error) || isForClient(error));
    throw isHidden ? of.told(error) : fault; // a filter for HTTP alone has failed on it
  }
  throw of.told(error);
}
