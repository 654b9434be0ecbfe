import type { ClientError } from '../../protocol/errors.js';
import type { JsonText } from '../../protocol/json/json.js';

/** How the caller of one call is told what comes of it, in the words of its protocol. */
export interface CallReply {
  /** The only result, which ends the call; nothing for null and what is not there, unless it was to be told. */
  returned(result: JsonText | undefined): void;
  /** A result of a stream. */
  yielded(result: JsonText): void;
  /** The end of a stream, with a last result if there is one. */
  finished(result: JsonText | undefined): void;
  /** The call has failed, was refused or was cancelled, perhaps after results of a stream. */
  failed(error: ClientError): void;
}
