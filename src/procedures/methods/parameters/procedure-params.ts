import { createParamDecorator, type ExecutionContext, type PipeTransform, type Type } from '@nestjs/common';
import type { ProcedureCall } from '../../procedure-call.js';

type Pipe = Type<PipeTransform> | PipeTransform;

/** The options of {@link ProcedureArg} or {@link ProcedureParams} on one parameter of a method. */
export interface DecoratedParam {
  readonly kind: 'argument' | 'all';
  readonly name: string | undefined;
  readonly pipes: readonly Pipe[];
}

/** The metadata key of the decorators below, for a `Map` per method by the index of the parameter. */
const DECORATED_PARAMS = 'kittiwake:procedure-params';

function decorated(param: DecoratedParam): ParameterDecorator {
  return (target, method, index) => {
    const others = ownParams(target.constructor, method!);
    Reflect.defineMetadata(DECORATED_PARAMS, new Map(others).set(index, param), target.constructor, method!);
  };
}

function ownParams(host: object, method: string | symbol): ReadonlyMap<number, DecoratedParam> | undefined {
  return Reflect.getOwnMetadata(DECORATED_PARAMS, host, method) as
    | ReadonlyMap<number, DecoratedParam>
    | undefined;
}

/** Reads the decorated parameters of a method, its own or inherited, by their index. */
export function decoratedParams(host: object, method: string): ReadonlyMap<number, DecoratedParam> {
  const params = Reflect.getMetadata(DECORATED_PARAMS, host, method) as
    | ReadonlyMap<number, DecoratedParam>
    | undefined;
  return params ?? new Map();
}

/** Injects the {@link ProcedureCall}: the caller, all arguments and the signal. It is no argument of the procedure. */
export const CurrentCall: () => ParameterDecorator = createParamDecorator(
  (_data: unknown, context: ExecutionContext): ProcedureCall => context.getArgByIndex(0),
);

/**
 * Injects one argument, under a name that differs from the parameter's, or through pipes. Parameters without a
 * decorator are arguments as well.
 */
export function ProcedureArg(name?: string | Pipe, ...pipes: Pipe[]): ParameterDecorator {
  if (name === undefined || typeof name === 'string') return decorated({ kind: 'argument', name, pipes });
  return decorated({ kind: 'argument', name: undefined, pipes: [name, ...pipes] });
}

/**
 * Injects all arguments as one object, for pipes to validate. With Nest's `ValidationPipe`, here or for the whole app,
 * and a class with rules of class-validator as its type, a call that breaks the rules is refused, and the caller is
 * told which ones. The fields that have rules are then the parameters, in their order, also by position; a field is
 * optional with `@IsOptional()` or a default value. With any other type every name is accepted.
 *
 * Besides it the method may have only parameters of `@CurrentCall()` and of decorators made with `createParamDecorator`.
 */
export function ProcedureParams(...pipes: Pipe[]): ParameterDecorator {
  return decorated({ kind: 'all', name: undefined, pipes });
}
