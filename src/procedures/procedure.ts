import type { JsonText } from '../protocol/json/json.js';
import type { CallOrigin, ProcedureCall } from './procedure-call.js';
import type { Resumption } from './resumption.js';
import type { Signature } from './signature.js';

/** The limits of one procedure, on this node. */
export interface ProcedureLimits {
  /** Concurrent calls; 0: no limit. */
  readonly concurrency: number;
  /** Milliseconds after which a call ends with an error; 0: no limit. */
  readonly deadlineMs: number;
  /** Whether the deadline also holds for a whole stream; otherwise a stream meets it by beginning. */
  readonly endsStreams: boolean;
}

/** The way to go on with a call of a procedure on another node. */
export interface Continuation {
  /** The record of a call for that, of its caller and its arguments, which have been bound and converted. */
  requestOf(origin: CallOrigin, given: readonly unknown[]): JsonText;
  /** As {@link CallableProcedure.run}, from what was kept. @param count how many results were had already. */
  resume(request: JsonText, count: number, signal: AbortSignal): Promise<unknown>;
}

/** A function that clients may call: a method of a provider, or an HTTP endpoint of the app. */
export interface CallableProcedure {
  readonly signature: Signature;
  readonly limits: ProcedureLimits;
  /** The retention of its calls; absent: they end with the connection of their caller. */
  readonly resumption?: Resumption | undefined;
  /** For one that the gateway brings with it: whether the app may have one of this name in its place. */
  readonly isReplaceable?: boolean;
  /** The way for another node to go on with a kept call whose node is gone; absent where none can. */
  readonly continuation?: Continuation | undefined;
  /**
   * Runs it with arguments that have been bound and converted.
   * @returns its result; for a stream an async iterator, whose return value, if there is one, is the last result, or
   * anything else that `streamOf` takes for one. It SHOULD end soon after the call's signal is aborted; for callers the
   * call is over at once, and `return()` is called on an iterator.
   * @throws any error; {@link ProcedureError} is told to callers as it is.
   */
  run(call: ProcedureCall, given: readonly unknown[]): Promise<unknown>;
}
