import type { CallbackAnswerError, CallbackError } from '../../protocol/errors.js';

/** The app, as those who read an answer of it see it. */
export interface RemoteSource {
  /** The largest result. */
  readonly maxBytes: number;
  /** Logs why the app has given no answer. @returns what to throw. */
  fault(message: string): CallbackError;
  /** Logs why what the app has answered is none. @returns what to throw. */
  defect(message: string): CallbackAnswerError;
}
