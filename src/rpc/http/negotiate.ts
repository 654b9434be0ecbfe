import { mediaTypeOf } from '../../protocol/media-type.js';
import { isMessagePack } from './input.js';
import {
  JSON_FORMAT,
  JSON_LINES_FORMAT,
  MESSAGE_PACK_FORMAT,
  type ResultFormat,
} from './response/result-format.js';
import { JSON_EVENT_FORMAT } from './response/server-sent-event.js';

/** The formats of an answer: of a single result, and of each result of a stream. */
export interface Formats {
  readonly result: ResultFormat;
  readonly stream: ResultFormat;
}

/** The formats by the media types of `Accept`; the first known one there wins, quality values aside. */
const ACCEPTED: ReadonlyMap<string, Formats> = new Map([
  [MESSAGE_PACK_FORMAT.mediaType, { result: MESSAGE_PACK_FORMAT, stream: MESSAGE_PACK_FORMAT }],
  [JSON_EVENT_FORMAT.mediaType, { result: JSON_FORMAT, stream: JSON_EVENT_FORMAT }],
  [JSON_LINES_FORMAT.mediaType, { result: JSON_FORMAT, stream: JSON_LINES_FORMAT }],
]);

const MESSAGE_PACK = ACCEPTED.get(MESSAGE_PACK_FORMAT.mediaType)!;
/** The default: JSON, one chunk for each result of a stream. */
export const JSON_ONLY: Formats = { result: JSON_FORMAT, stream: JSON_FORMAT };

/** Chooses the formats that a caller asks for; without a known one in `Accept`, those of its body. */
export function negotiate(accept: string | undefined, contentType: string | undefined): Formats {
  for (const range of accept?.split(',') ?? []) {
    const formats = ACCEPTED.get(mediaTypeOf(range));
    if (formats) return formats;
  }
  return isMessagePack(contentType) ? MESSAGE_PACK : JSON_ONLY;
}
