import { createParamDecorator, type ExecutionContext, type PipeTransform, type Type } from '@nestjs/common';
import type { ProcedureCall } from '../procedure-call.js';

type Pipe = Type<PipeTransform> | PipeTransform;

/** What {@link ProcedureArg} and {@link ProcedureParams} said of a parameter of a method. */
export interface DecoratedParam {
  readonly kind: 'argument' | 'all';
  readonly name: string | undefined;
  readonly pipes: readonly Pipe[];
}

/** Where the decorators below leave their marks: those of a method by the index of the parameter. */
const DECORATED_PARAMS = 'kittiwake:procedure-params';

function decorated(param: DecoratedParam): ParameterDecorator {
  return (target, method, index) => {
    const others = ownParams(target.constructor, method!);
    Reflect.defineMetadata(DECORATED_PARAMS, new Map(others).set(index, param), target.constructor, method!);
  };
}

function ownParams(host: object, method: string | symbol): ReadonlyMap<number, DecoratedParam> | undefined {
  return Reflect.getOwnMetadata(DECORATED_PARAMS, host, method) as
    ReadonlyMap<number, DecoratedParam> | undefined;
}

/** What {@link ProcedureArg} and {@link ProcedureParams} said of a method of a class, or of the class that it inherits it from. */
export function decoratedParams(host: object, method: string): ReadonlyMap<number, DecoratedParam> {
  const params = Reflect.getMetadata(DECORATED_PARAMS, host, method) as
    ReadonlyMap<number, DecoratedParam> | undefined;
  return params ?? new Map();
}

/** The {@link ProcedureCall}: who calls, everything that was given, and the signal. Callers do not give it. */
export const CurrentCall: () => ParameterDecorator = createParamDecorator(
  (_data: unknown, context: ExecutionContext): ProcedureCall => context.getArgByIndex(0),
);

/**
 * One argument, for a name that differs from the parameter's, or for pipes. Parameters without a decorator are arguments
 * as well.
 */
export function ProcedureArg(name?: string | Pipe, ...pipes: Pipe[]): ParameterDecorator {
  if (name === undefined || typeof name === 'string') return decorated({ kind: 'argument', name, pipes });
  return decorated({ kind: 'argument', name: undefined, pipes: [name, ...pipes] });
}

/**
 * All arguments as one object, for pipes to check: with Nest's `ValidationPipe`, here or for the whole app, and a class
 * with rules of class-validator as its type, a call that breaks the rules is refused, and the caller is told which ones.
 * Then the fields that have rules are the parameters, in their order, also by position; a field is optional with
 * `@IsOptional()` or a default value. With any other type every name is taken.
 *
 * The only other parameters that the method may have are of `@Call()` and of decorators made with `createParamDecorator`.
 */
export function ProcedureParams(...pipes: Pipe[]): ParameterDecorator {
  return decorated({ kind: 'all', name: undefined, pipes });
}
