import { IntrinsicException } from '@nestjs/common';
import { ClientError } from '../protocol/errors.js';

/** The errors of calls. The texts of `undefined`, `argumentsMismatch` and `failed` are Shirow's. */
export const PROCEDURE_ERRORS = {
  /** The procedure does not exist, or the caller may not call it: on purpose the two cannot be told apart. */
  undefined: (name: string) => new ClientError('procedure_undefined', `the ${name} function is undefined`),
  /** @param detail the argument that is missing or unknown. */
  argumentsMismatch: (name: string, detail: string) =>
    new ClientError('arguments_mismatch', `number of arguments mismatch in the ${name} function call`, {
      cause: new Error(detail),
    }),
  /** @param cause the error of the procedure, or of the conversion of an argument. */
  failed: (name: string, cause: unknown) =>
    new ClientError('procedure_failed', `an error occurred while executing the function ${name}`, { cause }),
  tooManyCalls: () => new ClientError('too_many_calls', 'Too many calls at a time.'),
  tooLate: () => new ClientError('deadline_exceeded', 'The call took too long.'),
  cancelled: () => new ClientError('call_cancelled', 'The call was cancelled.'),
  /** Another call of the connection that has not ended has the same key to be cancelled by. */
  duplicateCall: () => new ClientError('duplicate_call', 'There is a call with the same id.'),
  callNotFound: () => new ClientError('call_not_found', 'There is no call with this id.'),
  /** The client does not read as fast as its calls give results. */
  tooManyResults: () => new ClientError('too_many_results', 'Too many results wait to be read.'),
  resultTooLarge: () => new ClientError('result_too_large', 'The result is too large.'),
} as const;

/** Thrown by a procedure: an error that its caller is told as it is, over every transport. */
export class ProcedureError extends IntrinsicException {
  override readonly name: string = 'ProcedureError';

  constructor(
    /** Any JSON value. Over HTTP it is the member `error` of the body. */
    readonly error: unknown,
    /** The HTTP status; default: 500. */
    readonly status = 500,
    options?: ErrorOptions,
  ) {
    super(typeof error === 'string' ? error : textOf(error), options);
  }
}

/** Falls back to `String` for values that cannot be JSON; sending such an error is refused later. */
function textOf(error: unknown): string {
  try {
    return JSON.stringify(error) ?? String(error);
  } catch {
    return String(error);
  }
}
