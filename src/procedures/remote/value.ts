import { withoutByteOrderMark } from '../../callbacks/http/without-byte-order-mark.js';
import { JsonError } from '../../protocol/json/json.js';
import { parseRichJson } from '../../protocol/json/rich-json.js';
import type { RemoteSource } from './source.js';

/**
 * A result that the app has answered as JSON.
 * @throws {CallbackAnswerError} when it is not that.
 */
export function remoteValue(bytes: Buffer, source: RemoteSource): unknown {
  try {
    return parseRichJson(withoutByteOrderMark(bytes));
  } catch (error) {
    throw error instanceof JsonError ? source.defect(`the answer is ${error.message}`) : error;
  }
}
