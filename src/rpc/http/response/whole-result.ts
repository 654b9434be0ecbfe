import { ProcedureResult } from '../../../procedures/result.js';
import { TypedResult } from '../../../procedures/typed-result.js';
import { encoded } from './encoded.js';
import { rawFormat, type ResultFormat } from './result-format.js';
import { EVENT_FORMAT } from './server-sent-event.js';

/** The encoded result of a call that is no stream. */
export interface WholeResult {
  readonly status: number;
  readonly mediaType: string;
  readonly body: Buffer;
}

/**
 * Encodes a result in the format that the caller asked for; a `TypedResult` keeps its own.
 * @throws {ClientError} `result_too_large`.
 * @throws {JsonError} when it cannot be encoded.
 */
export function wholeResult(value: unknown, format: ResultFormat, maxBytes: number): WholeResult {
  const result = value instanceof ProcedureResult ? value.value : value;
  if (!(result instanceof TypedResult))
    return { status: 200, mediaType: format.mediaType, body: encoded(format, result, maxBytes) };
  const { data, mediaType, status } = result;
  return { status, mediaType, body: encoded(typedFormat(mediaType), data, maxBytes) };
}

/** Chooses the format of a typed result, and of a stream that begins with one. */
export function typedFormat(mediaType: string): ResultFormat {
  return mediaType === EVENT_FORMAT.mediaType ? EVENT_FORMAT : rawFormat(mediaType);
}
