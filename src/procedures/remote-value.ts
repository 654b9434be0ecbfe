import { JsonError } from '../protocol/json.js';
import { parseRichJson } from '../protocol/rich-json.js';
import type { RemoteSource } from './remote-source.js';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** @throws {JsonError} when it is not JSON, or not UTF-8. */
export function jsonOf(bytes: Buffer): unknown {
  return parseRichJson(decoded(bytes));
}

/**
 * A result that the app has answered as JSON.
 * @throws {CallbackAnswerError} when it is not that.
 */
export function remoteValue(bytes: Buffer, source: RemoteSource): unknown {
  try {
    return jsonOf(bytes);
  } catch (error) {
    throw error instanceof JsonError ? source.defect(`the answer is ${error.message}`) : error;
  }
}

function decoded(bytes: Buffer): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new JsonError('not UTF-8');
  }
}
