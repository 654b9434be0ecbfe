import type { ProcedureCall } from './procedure-call.js';
import type { Signature } from './signature.js';

/** How much of a procedure may run, and for how long. */
export interface ProcedureLimits {
  /** Calls of it at a time on this node; 0: no limit. */
  readonly concurrency: number;
  /** After this long a call ends with an error, milliseconds; 0: no limit. */
  readonly deadlineMs: number;
  /** Whether the deadline is for streams as well, until their end; otherwise it is met when a stream begins. */
  readonly endsStreams: boolean;
}

/** A function that clients may call: a method of a provider, or an HTTP endpoint of the app. */
export interface CallableProcedure {
  readonly signature: Signature;
  readonly limits: ProcedureLimits;
  /**
   * Runs it. What it is given has been bound and converted.
   * @returns its result; for a stream an async iterator, whose return value, if there is one, is the last result, or
   * anything else that `streamOf` takes for one. It SHOULD end soon after the call's signal is aborted; for callers the
   * call is over at once, and an iterator is told with `return()`.
   * @throws whatever it failed with: see {@link ProcedureError} for what callers are told.
   */
  run(call: ProcedureCall, given: readonly unknown[]): Promise<unknown>;
}
