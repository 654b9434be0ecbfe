import type { LogParty } from '../metrics/log-line.js';
import type { JsonText } from '../protocol/json/json.js';

/** A POST to the app whose answer is read as it comes. */
export interface StreamRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonText;
  /** Whom it is for; see `Asker.service`. */
  readonly service?: string | undefined;
  /** The time limit until the answer begins, milliseconds; 0: no limit. Default: the `timeout` of callbacks. */
  readonly timeoutMs?: number | undefined;
  /** Whom it is asked for, as lines of the log name it. */
  readonly client?: LogParty | undefined;
  /** Ends the request, also while its answer is read. */
  readonly signal: AbortSignal;
}

/** An answer of the app that has begun. Its receiver MUST read the body to the end or call {@link end}. */
export interface StreamedAnswer {
  readonly status: number;
  /** The content type in lower case, without parameters; empty when there is none. */
  readonly mediaType: string;
  /** Whether the answer is framed by its length or in chunks. Otherwise it ends with its connection, maybe cut off. */
  readonly isDelimited: boolean;
  /**
   * To be read once; the app is read as fast as this is.
   * @throws {CallbackError} when it breaks off.
   * @throws the signal's reason when that is aborted.
   */
  readonly body: AsyncIterable<Buffer>;
  /** Ends the request with its connection, unless all of the answer is there. */
  end(): void;
}

/** Asks the app over HTTP for an answer of any length, over connections that no other requests wait for. */
export interface StreamRequester {
  /**
   * Resolves when the answer begins, whatever its status. Tries again only when no connection could be made: the
   * effects of a request that was sent are unknown.
   * @throws {CallbackError} when no answer began in time.
   * @throws the signal's reason when that is aborted.
   */
  open(request: StreamRequest): Promise<StreamedAnswer>;
}

/** The injection token of the gateway's {@link StreamRequester}. */
export const STREAM_REQUESTER = Symbol('kittiwake:stream-requester');
