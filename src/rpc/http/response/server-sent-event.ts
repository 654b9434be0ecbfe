import { isUint8Array } from 'node:util/types';
import { isObject } from '../../../protocol/json/json.js';
import { richJsonText } from '../../../protocol/json/rich-json.js';
import type { ResultFormat } from './result-format.js';

const FIELDS = ['id', 'event', 'retry'] as const;
const LINE_END = /\r\n|\n|\r/;

/**
 * Results as Server-Sent Events (WHATWG HTML). A result that is an object may have `id`, `event`, `retry` and `data`;
 * without `data`, its other members are the data. Any other result is the data.
 */
export const EVENT_FORMAT: ResultFormat = {
  mediaType: 'text/event-stream',
  encode: (result) => (isEvent(result) ? eventOf(result) : eventText([], textOf(result))),
  encodeError: errorEvent,
};

/** Results as the JSON data of events, for callers that ask for events of a procedure that returns plain results. */
export const JSON_EVENT_FORMAT: ResultFormat = {
  mediaType: EVENT_FORMAT.mediaType,
  encode: (result) => eventText([], richJsonText(result)),
  encodeError: errorEvent,
};

function errorEvent(error: unknown): Buffer {
  return eventText(['event: error'], richJsonText(error));
}

function isEvent(result: unknown): result is Record<string, unknown> {
  return isObject(result) && !isUint8Array(result);
}

function eventOf({ id, event, retry, data, ...others }: Record<string, unknown>): Buffer {
  const fields = { id, event, retry };
  const lines = FIELDS.filter((name) => fields[name] !== undefined && fields[name] !== null).map(
    (name) => `${name}: ${asLine(fields[name])}`,
  );
  return eventText(lines, textOf(data ?? (Object.keys(others).length > 0 ? others : '')));
}

function textOf(data: unknown): string {
  if (isUint8Array(data)) return Buffer.from(data).toString();
  return typeof data === 'string' ? data : richJsonText(data);
}

/** Replaces line ends, which would begin another field. */
function asLine(value: unknown): string {
  return (typeof value === 'string' ? value : richJsonText(value)).split(LINE_END).join(' ');
}

function eventText(fields: readonly string[], data: string): Buffer {
  const lines = data === '' ? [] : data.split(LINE_END).map((line) => `data: ${line}`);
  return Buffer.from([...fields, ...lines, ''].map((line) => `${line}\n`).join(''));
}
