import { messagePack } from '../../../protocol/json/message-pack.js';
import { richJsonText } from '../../../protocol/json/rich-json.js';

/** An encoding of results, each by itself. */
export interface ResultFormat {
  readonly mediaType: string;
  /** @throws {JsonError} when a result cannot be encoded. */
  readonly encode: (result: unknown) => Buffer;
  /** Encodes the error that ends a stream. */
  readonly encodeError: (error: unknown) => Buffer;
}

/** JSON, with a line feed after each result. */
export const JSON_FORMAT = format('application/json', (result) => Buffer.from(`${richJsonText(result)}\n`));

/** The same bytes under the media type of JSON lines, for callers that ask for it. */
export const JSON_LINES_FORMAT = format('application/x-ndjson', JSON_FORMAT.encode);

export const MESSAGE_PACK_FORMAT = format('application/x-msgpack', messagePack);

/** Makes a format that sends results as they are, for a media type that the procedure chose. */
export function rawFormat(mediaType: string): ResultFormat {
  return { mediaType, encode: rawBytes, encodeError: JSON_FORMAT.encode };
}

/** Returns text and bytes as they are, all else as JSON. */
export function rawBytes(data: unknown): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return data instanceof Uint8Array
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : JSON_FORMAT.encode(data);
}

function format(mediaType: string, encode: (result: unknown) => Buffer): ResultFormat {
  return { mediaType, encode, encodeError: encode };
}
