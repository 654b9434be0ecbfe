import {
  Body,
  createParamDecorator,
  type ExecutionContext,
  type PipeTransform,
  type Type,
} from '@nestjs/common';
import { ROUTE_ARGS_METADATA, RouteParamtypes } from '@nestjs/common/internal';
import type { CallbackRequest } from '../callback-request.js';

/** The metadata key under which Nest finds the parameters of a method. */
export const CALLBACK_PARAMS = ROUTE_ARGS_METADATA;

/** Makes the parameters that Nest does not make by itself; see its ExternalContextCreator. */
export const callbackParams = {
  exchangeKeyForValue: (_type: number, _data: unknown, [request]: [CallbackRequest]): unknown =>
    request.fields.data,
};

/**
 * The data of a client's message. Pipes treat it like the body of an HTTP request: with Nest's `ValidationPipe` and a
 * class of class-validator as its type, data that breaks rules is refused, with the broken rules as the text.
 */
export function MessageData(...pipes: (Type<PipeTransform> | PipeTransform)[]): ParameterDecorator {
  return Body(...pipes);
}

/** The whole request, which a method without parameter decorators gets as its only argument. */
export const Callback: () => ParameterDecorator = createParamDecorator(
  (_data: unknown, context: ExecutionContext): CallbackRequest => context.getArgByIndex(0),
);

/**
 * Nest calls a method with decorated parameters with `undefined` for all others.
 * @returns the fault in the parameters of a method, if any.
 */
export function parameterFault(host: object, name: string, count: number): string | undefined {
  const params = Reflect.getMetadata(CALLBACK_PARAMS, host, name) as
    | Record<string, { readonly index: number }>
    | undefined;
  if (!params) return undefined;
  const decorated = new Set(Object.values(params).map(({ index }) => index));
  const foreign = Object.keys(params).find((key) => !isOurs(key));
  if (foreign !== undefined) return `parameter ${params[foreign]!.index + 1} is of a request over HTTP`;
  for (let index = 0; index < count; index++) {
    if (!decorated.has(index)) return `parameter ${index + 1} has no decorator, but another one has`;
  }
  return undefined;
}

/** Keys are `<type>:<index>`; decorators made with `createParamDecorator` have types that are no numbers. */
function isOurs(key: string): boolean {
  const type = Number(key.split(':', 1)[0]);
  return Number.isNaN(type) || type === (RouteParamtypes.BODY as number);
}
