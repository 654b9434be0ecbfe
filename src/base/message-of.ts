import { isNativeError } from 'node:util/types';

/** What a caught value says, for a log or a message of one's own. */
export function messageOf(error: unknown): string {
  return isNativeError(error) ? error.message : String(error);
}

/** A caught value for a log of defects: its stack, which says where. */
export function stackOf(error: unknown): string {
  return isNativeError(error) ? (error.stack ?? error.message) : String(error);
}
