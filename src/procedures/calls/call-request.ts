import type { ProcedureArguments } from '../arguments.js';
import type { CallOrigin } from '../procedure-call.js';

/** A call as a transport asks for it: the name of the procedure, its arguments and the caller. */
export interface CallRequest {
  readonly name: string;
  readonly given: ProcedureArguments;
  readonly origin: CallOrigin;
  /** Aborted when the caller is gone or has cancelled. One per call: Node warns of more than ten listeners on one. */
  readonly signal: AbortSignal;
}
