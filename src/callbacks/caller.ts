import type { JsonMembers, JsonText } from '../protocol/json/json.js';
import type { Asker } from './fair-line.js';
import type { ResponseHeaders } from './retry-wait.js';

/** What one call to the app may carry besides its body. */
export interface CallOptions extends Asker {
  /** Further request headers, such as a service's static ones. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the call, its tries and its waits: the result is of no use any more. */
  readonly signal?: AbortSignal | undefined;
  /** Ends the call as long as nothing has been sent of it: what the app has heard of goes on. */
  readonly withdrawal?: AbortSignal | undefined;
  /** Called when the request is sent, at each try. */
  readonly sent?: (() => void) | undefined;
  /** Called with the headers of the answer that counts. */
  readonly answered?: ((headers: ResponseHeaders) => void) | undefined;
  /** It has failed before, and comes again: one try, of whose failure nothing is logged. */
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
