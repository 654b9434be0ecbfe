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
  /** As the others, of a call that is kept; absent where the protocol knows none: then no call of the client is. */
  readonly kept?: KeptReply | undefined;
}

/** Sends one who watches a kept call what comes of it; a position is where to go on from after what it comes with. */
export interface KeptReply {
  /** It is watched from here on. */
  began(call: string, position: number): void;
  /** A result, after which others may come. */
  yielded(result: JsonText, position: number): void;
  /** The end, with the value that the call has returned, or its last result, if there is one. */
  ended(result: JsonText | undefined, position: number): void;
}
