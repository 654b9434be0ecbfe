import type { AbandonedPolicy } from '../../config/sections/procedures/resumable.settings.js';
import type { Access, ParameterType } from '../signature.js';

/** Options of one parameter, where the method does not tell them. */
export interface ParameterRules {
  /** The type that arguments are converted to; `any`: no conversion. */
  readonly type?: ParameterType | 'any';
  /** Whether a call may leave it out. Default: whether it has a default value. */
  readonly optional?: boolean;
  /** Whether it can be given by name only. All parameters after it must be as well. Default: false. */
  readonly namedOnly?: boolean;
}

/** Options of {@link Procedure}. */
export interface ProcedureOptions {
  /** The name for callers. Default: the name of the method. */
  readonly name?: string;
  /** Whether anyone may call it, also without an identity. Default: false. */
  readonly public?: boolean;
  /** The callers that it is open to, instead of `public`. Default: `private`. */
  readonly access?: Access;
  /** For help; the first line is the summary. */
  readonly description?: string;
  /**
   * Types and rules of parameters, by name. Those not named here are as the method declares them. `others` is for the
   * one parameter that gets a `Map` of all named arguments that match no parameter.
   *
   * A method whose source does not tell its parameters, because it is bound or wrapped by another decorator, needs all
   * of them here, in their order.
   */
  readonly parameters?: Readonly<Record<string, ParameterType | 'any' | 'others' | ParameterRules>>;
  /** The type of the result, for help. Default: the declared one, if it is one of the types that arguments can have. */
  readonly returns?: string;
  /** Whether help describes it as a stream. Default: whether the method is a generator. */
  readonly stream?: boolean;
  /** Whether it writes the HTTP response itself, `call.origin.http.response`. Then it can be called over HTTP only. */
  readonly raw?: boolean;
  /** Concurrent calls on one node; 0: no limit. Default: the setting `procedures.concurrency`. */
  readonly concurrency?: number;
  /**
   * Time limit of a call, of a stream until its end, such as `15s`; `0s`: no limit. Default: the setting
   * `procedures.deadline`, which streams meet by beginning.
   */
  readonly deadline?: string;
  /**
   * Has its calls outlive the connection of their caller, who can come back to them, on any node: their results are kept. Default:
   * a call ends with the connection of its caller.
   */
  readonly resumable?: ResumableOptions | true;
}

/** The retention of the calls of a procedure; see the option `resumable` of {@link Procedure}. */
export interface ResumableOptions {
  /** The time for which a call is kept after its last result, or its end, such as `10m`, the default. */
  readonly ttl?: string;
  /** The most that is kept of one call, such as `1MiB`, the default; a call with more ends with an error. */
  readonly maxBytes?: string;
  /** Whether a call that nobody watches goes on to its end, the default, or is stopped after {@link grace}. */
  readonly whenAbandoned?: AbandonedPolicy;
  /** The time for which nobody must have watched it, such as `30s`, the default; at most twice as long goes by. */
  readonly grace?: string;
}

/** The metadata key for the options of {@link Procedure}. */
export const PROCEDURE = 'kittiwake:procedure';

/**
 * Makes the method of a provider a procedure, which clients call over WebSocket and over HTTP alike. Its return value,
 * or that of its promise, is the result; an async generator, an async iterator or an Observable is a stream of results.
 * Guards, pipes, interceptors and exception filters apply as to any handler, the app's global ones included; the type
 * of the context is `kittiwake`, its first argument the {@link ProcedureCall} and its second the list of the arguments.
 *
 * Its parameters are those of the method: names and default values are read from its source, types are what TypeScript
 * emits (`number` is `float`, `bigint` is `int`, `string` is `str`, `boolean` is `bool`, `Buffer` and `Uint8Array` are
 * `bytes`; nothing else is converted), unless `parameters` says something else. See also `@CurrentCall()`, `@ProcedureArg()` and
 * `@ProcedureParams()`.
 *
 * A `ProcedureError`, an `HttpException`, a `Refusal` and a `WsException` are told to the caller. Any other error is
 * logged; a caller over WebSocket learns only that the procedure failed, one over HTTP also the text of the error.
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
