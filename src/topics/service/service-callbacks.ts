import type { CallbackEnd } from '../../callbacks/callback-request.js';
import type { ResponseHeaders } from '../../callbacks/retry-wait.js';
import type { LogParty } from '../../metrics/log-line.js';
import type { JsonMembers } from '../../protocol/json/json.js';
import type { CallbackKind } from './callback-kind.js';

/** The circumstances of a question to a service: its client, and the signals that end it. */
export interface Asking {
  /** The connection of the client: questions of clients take turns, and lines of the log name it. */
  readonly client?: LogParty | undefined;
  /** Aborted when the answer is no longer of use. */
  readonly signal?: AbortSignal | undefined;
  /** Aborted when the answer is no longer of use; has no effect once the service has heard of the question. */
  readonly withdrawal?: AbortSignal | undefined;
  /** The service could not be asked before, and is asked again. */
  readonly isRepeated?: boolean | undefined;
  /** Set when it is about an end that has come, whatever the service answers. */
  readonly end?: CallbackEnd | undefined;
  /** Called when the question is sent, at each try. */
  readonly sent?: (() => void) | undefined;
  /** Called with the headers of the answer, if it has any. */
  readonly answered?: ((headers: ResponseHeaders) => void) | undefined;
}

/** One question to a service. */
export interface ServiceQuestion extends Asking {
  /** `subscription`, extra fields, authorizer fields, identity and, of a message, `data`, as they go over the wire. */
  readonly fields: JsonMembers;
}

/** The contract for asking a service, over HTTP or in process. The rest of the gateway cannot tell which. */
export interface ServiceCallbacks {
  /** Whether the service has this callback. */
  has(kind: CallbackKind): boolean;
  /**
   * Asks. Only called for a kind that the service has.
   * @returns the members of the answer: `status` "ok" or a refusal, with `error`, `data`, `options` and other fields.
   * @throws {CallbackError} when the service could not be asked.
   * @throws {CallbackAnswerError} when it answered with something that is not an answer.
   */
  ask(kind: CallbackKind, request: ServiceQuestion): Promise<JsonMembers>;
}
