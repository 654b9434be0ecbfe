import { PROCEDURE_ERRORS } from '../../../procedures/procedure-errors.js';
import type { ResultFormat } from './result-format.js';

/**
 * Encodes a result, of which undefined becomes null.
 * @throws {ClientError} `result_too_large`.
 * @throws {JsonError} when it cannot be encoded.
 */
export function encoded(format: ResultFormat, result: unknown, maxBytes: number): Buffer {
  const bytes = format.encode(result ?? null);
  if (bytes.length > maxBytes) throw PROCEDURE_ERRORS.resultTooLarge();
  return bytes;
}
