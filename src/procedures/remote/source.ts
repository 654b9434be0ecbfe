import type { CallbackAnswerError, CallbackError } from '../../protocol/errors.js';

/** The limit and the errors that readers of an app's answer share. */
export interface RemoteSource {
  /** The largest result, bytes. */
  readonly maxBytes: number;
  /** Logs why the app has given no usable answer. @returns the error to throw. */
  fault(message: string): CallbackError;
  /** Logs why the app's answer cannot be read. @returns the error to throw. */
  defect(message: string): CallbackAnswerError;
}
