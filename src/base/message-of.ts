import { isNativeError } from 'node:util/types';

/** The message of a caught value, for a log or another message. */
export function messageOf(error: unknown): string {
  return isNativeError(error) ? error.message : String(error);
}

/** The stack of a caught value, for the log of a defect; its message if it has no stack. */
export function stackOf(error: unknown): string {
  return isNativeError(error) ? (error.stack ?? error.message) : String(error);
}

/** The class of a caught value: its kind, where lines about defects are counted. */
export function classOf(error: unknown): string {
  return isNativeError(error) ? error.constructor.name : typeof error;
}
