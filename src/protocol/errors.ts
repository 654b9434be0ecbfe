import { toJsonText, type JsonText } from './json/json.js';

/** The decider of a refusal and its reason, for operators. Holds no secrets, and no words of the app. */
export interface Verdict {
  readonly by: string;
  readonly why: string;
}

/** The content of a refusal, as the app gave it: any JSON value. */
export interface RefusalDetails {
  /** The `error` of the error frame, when it is not just the message. */
  readonly error?: JsonText | undefined;
  /** The `data` of the error frame. */
  readonly data?: JsonText | undefined;
  readonly cause?: unknown;
  /** The time until asking again makes sense, where that is known. */
  readonly retryAfterMs?: number | undefined;
  /** Absent where the gateway decided, for the reason in the message. */
  readonly verdict?: Verdict | undefined;
}

/**
 * A refusal that the client is told about: `message` is the text of the error frame, `code` its stable name for
 * clients of `kittiwake.v1.json`. Never logged above debug.
 */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly error: JsonText;
  readonly data: JsonText | undefined;
  readonly verdict: Verdict | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly code: string,
    message: string,
    { error, data, cause, verdict, retryAfterMs }: RefusalDetails = {},
  ) {
    super(message, { cause });
    this.error = error ?? toJsonText(message);
    this.data = data;
    this.verdict = verdict;
    this.retryAfterMs = retryAfterMs;
  }
}

interface CallbackErrorOptions extends ErrorOptions {
  readonly isFinal?: boolean;
  readonly isPaused?: boolean;
  readonly retryAfterMs?: number | undefined;
}

/** The app could not be asked, after every try. The client is told that the service is unavailable. */
export class CallbackError extends Error {
  override readonly name = 'CallbackError';
  /** Whether another call would get the same answer of the app. */
  readonly isFinal: boolean;
  /** Whether it is not asked for a while: what it had agreed to stays. */
  readonly isPaused: boolean;
  /** The time until the app can be asked again, if it has said so. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    { isFinal = false, isPaused = false, retryAfterMs, ...options }: CallbackErrorOptions = {},
  ) {
    super(message, options);
    this.isFinal = isFinal;
    this.isPaused = isPaused;
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * The answer of the app is invalid: text that is not JSON although labelled so, or JSON that is not an object. A defect
 * of the app: the client is told `Unhandled exception.`.
 */
export class CallbackAnswerError extends Error {
  override readonly name = 'CallbackAnswerError';
}
