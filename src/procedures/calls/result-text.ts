import type { JsonText } from '../../protocol/json/json.js';
import { richJsonText } from '../../protocol/json/rich-json.js';
import { PROCEDURE_ERRORS } from '../procedure-errors.js';
import { ProcedureResult } from '../result.js';
import { TypedResult } from '../typed-result.js';

const MAX_BYTES_PER_CHARACTER = 3;

/**
 * Encodes a result for callers over WebSocket: JSON, with bytes as `{"__base64__": …}`; of a `TypedResult`, its data.
 * @throws {ClientError} `result_too_large`.
 * @throws {JsonError} when it cannot be JSON.
 */
export function resultText(value: unknown, maxBytes: number): JsonText {
  const text = richJsonText(dataOf(value));
  if (isLonger(text, maxBytes)) throw PROCEDURE_ERRORS.resultTooLarge();
  return text;
}

/** Whether a text has more bytes than allowed. Quick: most have so few characters that their bytes are not counted. */
export function isLonger(text: string, maxBytes: number): boolean {
  return text.length * MAX_BYTES_PER_CHARACTER > maxBytes && Buffer.byteLength(text) > maxBytes;
}

function dataOf(value: unknown): unknown {
  if (value instanceof ProcedureResult) return dataOf(value.value);
  return value instanceof TypedResult ? value.data : value;
}
