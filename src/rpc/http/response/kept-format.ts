import type { JsonText } from '../../../protocol/json/json.js';
import { richJsonText, richValueOf } from '../../../protocol/json/rich-json.js';
import { JSON_FORMAT, JSON_LINES_FORMAT, type ResultFormat } from './result-format.js';
import { JSON_EVENT_FORMAT } from './server-sent-event.js';

/** An encoding of what is kept of a call; a position is that of the result, or of the end. */
export interface KeptFormat {
  readonly mediaType: string;
  encode(result: JsonText, position: number): Buffer;
  /** The end of a call that has not failed; nothing where that of the answer tells it. */
  encodeEnd(position: number): Buffer | undefined;
  /** The error that ends it, or, without a position, the answer alone: then the client may come back for what is missing. */
  encodeError(error: unknown, position: number | undefined): Buffer;
  /** Whether the answer is complete with the error: the client would ask again for what was cut off. */
  readonly completesErrors: boolean;
}

/** Events with their positions as ids: a client that lost the connection comes back with the last of them. */
const EVENTS: KeptFormat = {
  mediaType: JSON_EVENT_FORMAT.mediaType,
  encode: (result, position) => eventOf(position, result),
  encodeEnd: (position) => eventOf(position, 'null', 'end'),
  encodeError: (error, position) => eventOf(position, richJsonText(error), 'error'),
  completesErrors: true,
};

/** The format of what is kept where an answer has this one for results of streams. */
export function keptFormat(format: ResultFormat): KeptFormat {
  if (format === JSON_EVENT_FORMAT) return EVENTS;
  const isJson = format === JSON_FORMAT || format === JSON_LINES_FORMAT;
  return {
    mediaType: format.mediaType,
    encode: isJson ? (text) => Buffer.from(`${text}\n`) : (text) => format.encode(richValueOf(text)),
    encodeEnd: () => undefined,
    encodeError: format.encodeError,
    completesErrors: false,
  };
}

/** JSON as it is kept has no line ends. */
function eventOf(position: number | undefined, data: string, event?: string): Buffer {
  const name = event === undefined ? '' : `event: ${event}\n`;
  const id = position === undefined ? '' : `id: ${position}\n`;
  return Buffer.from(`${name}${id}data: ${data}\n\n`);
}
