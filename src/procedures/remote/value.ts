import { withoutByteOrderMark } from '../../callbacks/http/without-byte-order-mark.js';
import { JsonError } from '../../protocol/json/json.js';
import { parseRichJson } from '../../protocol/json/rich-json.js';
import type { RemoteSource } from './source.js';

/**
 * Parses a JSON result of the app.
 * @throws {CallbackAnswerError} when it is not JSON.
 */
export function remoteValue(bytes: Buffer, source: RemoteSource): unknown {
  try {
    return parseRichJson(withoutByteOrderMark(bytes));
  } catch (error) {
    throw error instanceof JsonError ? source.defect(`the answer is ${error.message}`) : error;
  }
}
