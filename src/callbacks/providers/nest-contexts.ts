import type { NestInterceptor } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import type { ExternalExceptionsHandler } from '@nestjs/core/exceptions/external-exceptions-handler.js';
import { ExecutionContextHost } from '@nestjs/core/internal';

/** A method of a provider, called through Nest. */
export type Handler = (...args: unknown[]) => Promise<unknown>;

/** The signature of `intercept` of Nest's `InterceptorsConsumer`. */
export type Intercept<Result = unknown> = (
  interceptors: NestInterceptor[],
  args: unknown[],
  instance: object,
  callback: (...args: unknown[]) => unknown,
  next: Handler,
  type: string,
) => Promise<Result>;

/** The parts in which a derived context creator differs from Nest's. */
export interface ContextParts {
  /** Makes its `intercept` from Nest's own. */
  readonly intercept: (own: Intercept) => Intercept;
  /** Calls a method whose errors are for the exception filters. */
  readonly call: (
    target: Handler,
    handler: ExternalExceptionsHandler,
    host: ExecutionContextHost,
  ) => Promise<unknown>;
}

/** Derives a context creator of Nest: guards, pipes, interceptors and exception filters around methods of providers. */
export function derivedContexts(
  contexts: ExternalContextCreator,
  { intercept, call }: ContextParts,
): ExternalContextCreator {
  const consumer = contexts['interceptorsConsumer'];
  const own: Intercept = (...args) => consumer.intercept(...args);
  const createProxy =
    (target: Handler, handler: ExternalExceptionsHandler, type: string): Handler =>
    (...args) => {
      const host = new ExecutionContextHost(args);
      host.setType(type);
      return call(target, handler, host);
    };
  return Object.create(contexts, {
    interceptorsConsumer: { value: { intercept: intercept(own) } },
    externalErrorProxy: { value: { createProxy } },
  }) as ExternalContextCreator;
}
