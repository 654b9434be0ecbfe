import type { JsonMembers } from '../protocol/json.js';
import type { CallbackKind } from './callback-kind.js';

/** One question to a service. */
export interface CallbackRequest {
  /** `subscription`, extra fields, authorizer fields, identity and, of a message, `data`, as they go over the wire. */
  readonly fields: JsonMembers;
  /** Aborted when the answer is of no use any more. */
  readonly signal?: AbortSignal | undefined;
}

/** How a service is asked: over HTTP or in process. The rest of the gateway cannot tell which. */
export interface ServiceCallbacks {
  /** Whether the service wants to be asked this. */
  has(kind: CallbackKind): boolean;
  /**
   * Asks. Only called for a kind that the service has.
   * @returns the members of the answer: `status` "ok" or a refusal, with `error`, `data`, `options` and other fields.
   * @throws {CallbackError} when the service could not be asked.
   * @throws {CallbackAnswerError} when it answered with something that is not an answer.
   */
  ask(kind: CallbackKind, request: CallbackRequest): Promise<JsonMembers>;
}
