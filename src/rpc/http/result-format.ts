import { messagePack } from '../../protocol/json/message-pack.js';
import { richJsonText } from '../../protocol/json/rich-json.js';

/** How results are encoded, each by itself. */
export interface ResultFormat {
  readonly mediaType: string;
  /** @throws {JsonError} when a result cannot be encoded. */
  readonly encode: (result: unknown) => Buffer;
  /** What ends a stream that fails. */
  readonly encodeError: (error: unknown) => Buffer;
}

/** JSON, with a line end behind each result. */
export const JSON_FORMAT = format('application/json', (result) => Buffer.from(`${richJsonText(result)}\n`));

/** The same, for who says that it knows that there may be several. */
export const JSON_LINES_FORMAT = format('application/x-ndjson', JSON_FORMAT.encode);

export const MESSAGE_PACK_FORMAT = format('application/x-msgpack', messagePack);

/** Results that are sent as they are, for streams whose first result had a type of its own. */
export function rawFormat(mediaType: string): ResultFormat {
  return { mediaType, encode: rawBytes, encodeError: JSON_FORMAT.encode };
}

/** Text and bytes as they are, all else as JSON. */
export function rawBytes(data: unknown): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  return data instanceof Uint8Array
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : JSON_FORMAT.encode(data);
}

function format(mediaType: string, encode: (result: unknown) => Buffer): ResultFormat {
  return { mediaType, encode, encodeError: encode };
}
