import type { JsonMembers, JsonText } from '../protocol/json/json.js';
import type { Asker } from './fair-line.js';
import type { ResponseHeaders } from './retry-wait.js';

/** Options of one call to the app. */
export interface CallOptions extends Asker {
  /** Further request headers, such as a service's static ones. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The id of its subject, the same whenever that is told again, of any node. Default: a new one for each call. */
  readonly id?: string | undefined;
  /** Ends the call, its tries and its waits: the result is no longer needed. */
  readonly signal?: AbortSignal | undefined;
  /** Ends the call as long as nothing of it has been sent: a request that the app may have seen goes on. */
  readonly withdrawal?: AbortSignal | undefined;
  /** Called when the request is sent, at each try. */
  readonly sent?: (() => void) | undefined;
  /** Called with the headers of the answer that counts. */
  readonly answered?: ((headers: ResponseHeaders) => void) | undefined;
  /** The app must hear it: it is asked even while a breaker keeps others from it. */
  readonly isOwed?: boolean | undefined;
  /** The call has failed before, and is repeated: there is one try, and its failure is logged at `debug` only. */
  readonly isRepeated?: boolean | undefined;
}

/** Asks the app over HTTP: one POST of a JSON object, one JSON object back. */
export interface Caller {
  /**
   * @returns the members of the answer, each as the text it came in.
   * @throws {CallbackError} when no try succeeded.
   * @throws {CallbackAnswerError} when the answer is labelled JSON but is not a JSON object.
   * @throws the signal's reason when the call was ended.
   */
  call(url: string, body: JsonText, options?: CallOptions): Promise<JsonMembers>;
}

/** The injection token of the gateway's {@link Caller}. */
export const CALLER = Symbol('kittiwake:caller');
