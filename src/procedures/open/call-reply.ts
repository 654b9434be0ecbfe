import type { ClientError } from '../../protocol/errors.js';
import type { JsonText } from '../../protocol/json/json.js';

/** Sends the caller the outcome of one call, in the frames of its protocol. */
export interface CallReply {
  /** The only result, which ends the call; absent for null and undefined, except for a `ProcedureResult`. */
  returned(result: JsonText | undefined): void;
  /** A result of a stream. */
  yielded(result: JsonText): void;
  /** The end of a stream, with a last result if there is one. */
  finished(result: JsonText | undefined): void;
  /** The error that ends a call that has failed, was refused or was cancelled, perhaps after results of a stream. */
  failed(error: ClientError): void;
}
