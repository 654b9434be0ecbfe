import type { Asker } from './fair-line.js';

/** A request to the app that is not a callback: GET or POST, with any status as its answer. */
export interface AppRequest extends Asker {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** See `CallOptions.id`. */
  readonly id?: string | undefined;
  /** The app must hear it: it is asked even while a breaker keeps others from it. */
  readonly isOwed?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The answer of the app. */
export interface AppAnswer {
  readonly status: number;
  /** The content type in lower case, without parameters; empty when there is none. */
  readonly mediaType: string;
  readonly body: Buffer;
}

/** Asks the app over HTTP, once. */
export interface Requester {
  /**
   * @throws {CallbackError} when there was no answer in time, or one that is too large.
   * @throws the signal's reason when it was aborted.
   */
  request(request: AppRequest): Promise<AppAnswer>;
}

/** The injection token of the gateway's {@link Requester}. */
export const REQUESTER = Symbol('kittiwake:requester');
