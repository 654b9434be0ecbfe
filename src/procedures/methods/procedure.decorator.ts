import type { Access, ParameterType } from '../signature.js';

/** What one parameter is declared to be, where that cannot be known from the method. */
export interface ParameterRules {
  /** What it is converted to; `any` leaves it as it comes. */
  readonly type?: ParameterType | 'any';
  /** Whether a call may leave it out. Default: whether it has a default value. */
  readonly optional?: boolean;
  /** Whether it can be given by name only. All parameters behind it must be so as well. Default: false. */
  readonly namedOnly?: boolean;
}

/** What {@link Procedure} may be told. */
export interface ProcedureOptions {
  /** What callers call it by. Default: the name of the method. */
  readonly name?: string;
  /** Whether anyone may call it, also without an identity. Default: false. */
  readonly public?: boolean;
  /** Who may call it, instead of `public`. Default: `private`. */
  readonly access?: Access;
  /** For help; the first line is the summary. */
  readonly description?: string;
  /**
   * Types and rules of parameters, by name. What is not named here is as the method declares it. `others` is for the one
   * parameter that gets a `Map` of all arguments whose names are no parameters.
   *
   * A method whose source does not tell its parameters, because it is bound or wrapped by another decorator, needs all
   * of them here, in their order.
   */
  readonly parameters?: Readonly<Record<string, ParameterType | 'any' | 'others' | ParameterRules>>;
  /** The type of the result, for help. Default: what a TypeScript method declares, if that is plain. */
  readonly returns?: string;
  /** Whether help says that it gives a stream. Default: whether the method is a generator. */
  readonly stream?: boolean;
  /** Whether it writes the HTTP response itself, `call.origin.http.response`. Then it can be called over HTTP only. */
  readonly raw?: boolean;
  /** The most calls of it at a time; 0 is no limit. Default: the setting `procedures.concurrency`. */
  readonly concurrency?: number;
  /**
   * How long a call may take, such as `15s`, a stream until its end; `0s` is for ever. Default: the setting
   * `procedures.deadline`, and for streams no limit.
   */
  readonly deadline?: string;
}

/** Where {@link Procedure} leaves its mark: its options. */
export const PROCEDURE = 'kittiwake:procedure';

/**
 * Makes the method of a provider a procedure, which clients call over WebSocket and over HTTP alike. What it returns, or
 * what its promise settles to, is the result; an async generator, an async iterator or an Observable is a stream of
 * results. Guards, pipes, interceptors and exception filters work on it as on any handler, the app's global ones
 * included; the type of the context is `kittiwake`, its first argument the {@link ProcedureCall} and its second the list
 * of the arguments.
 *
 * Its parameters are those of the method: names and default values are read from its source, types are what TypeScript
 * emits (`number` is `float`, `bigint` is `int`, `string` is `str`, `boolean` is `bool`, `Buffer` and `Uint8Array` are
 * `bytes`; nothing else is converted), unless `parameters` says something else. See also `@Call()`, `@Arg()` and
 * `@Params()`.
 *
 * A `ProcedureError`, an `HttpException`, a `Refusal` and a `WsException` are told to the caller. Any other error is a
 * defect: it is logged, and the caller is told nothing of it.
 */
export function Procedure(options: ProcedureOptions = {}): MethodDecorator {
  return (target, name, descriptor) => {
    const { value } = (descriptor ??
      Object.getOwnPropertyDescriptor(target, name) ??
      {}) as PropertyDescriptor;
    if (typeof value !== 'function')
      throw new TypeError(`@Procedure() is for methods, not for ${String(name)}`);
    Reflect.defineMetadata(PROCEDURE, options, value);
  };
}
