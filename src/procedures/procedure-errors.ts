import { IntrinsicException } from '@nestjs/common';
import { ClientError } from '../protocol/errors.js';

/** What callers are told; the texts are those of the protocol that clients of `/rpc` speak. */
export const PROCEDURE_ERRORS = {
  /** Unknown, and for whoever may not call it, private: the two cannot be told apart. */
  undefined: (name: string) => new ClientError('procedure_undefined', `the ${name} function is undefined`),
  /** @param detail which argument is missing, or not one of the procedure. */
  argumentsMismatch: (name: string, detail: string) =>
    new ClientError('arguments_mismatch', `number of arguments mismatch in the ${name} function call`, {
      cause: new Error(detail),
    }),
  /** The cause is what the procedure threw, or the conversion of an argument. */
  failed: (name: string, cause: unknown) =>
    new ClientError('procedure_failed', `an error occurred while executing the function ${name}`, { cause }),
  tooManyCalls: () => new ClientError('too_many_calls', 'Too many calls at a time.'),
  tooLate: () => new ClientError('deadline_exceeded', 'The call took too long.'),
  cancelled: () => new ClientError('call_cancelled', 'The call was cancelled.'),
  /** Of one connection, no two calls that run can be told apart by what one of them is cancelled by. */
  duplicateCall: () => new ClientError('duplicate_call', 'There is a call with the same id.'),
  callNotFound: () => new ClientError('call_not_found', 'There is no call with this id.'),
  /** The client does not read as fast as its calls give results. */
  tooManyResults: () => new ClientError('too_many_results', 'Too many results wait to be read.'),
  resultTooLarge: () => new ClientError('result_too_large', 'The result is too large.'),
} as const;

/** An error that a procedure tells its caller, as it is, over every transport. */
export class ProcedureError extends IntrinsicException {
  override readonly name: string = 'ProcedureError';

  constructor(
    /** Any JSON value. Over HTTP it is the member `error` of the body. */
    readonly error: unknown,
    /** The HTTP status; 500 unless something else is said. */
    readonly status = 500,
    options?: ErrorOptions,
  ) {
    super(typeof error === 'string' ? error : textOf(error), options);
  }
}

/** Not every value can be JSON; what comes of such an error is up to whoever tells it. */
function textOf(error: unknown): string {
  try {
    return JSON.stringify(error) ?? String(error);
  } catch {
    return String(error);
  }
}
