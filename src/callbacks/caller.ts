import type { JsonMembers, JsonText } from '../protocol/json.js';

/** What one call to the app may carry besides its body. */
export interface CallOptions {
  /** Further request headers, such as a service's static ones. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the call, its tries and its waits: the result is of no use any more. */
  readonly signal?: AbortSignal;
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
