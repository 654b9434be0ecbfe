import { isObject, JsonError } from '../../../protocol/json/json.js';
import { parseRichJson, richJsonText } from '../../../protocol/json/rich-json.js';

/** So much of what is masked is described, and of what is not, shown. */
const MAX_DEPTH = 4;
const MAX_MEMBERS = 30;
const MAX_ITEMS = 5;
const MAX_SHOWN_LENGTH = 16_384;
const MAX_KEPT_LENGTH = 256;

/** Members of frames that say what a frame is, not what is in it. */
const KEPT: ReadonlySet<string> = new Set([
  'event',
  'subscription',
  'room',
  'status',
  'type',
  'method',
  'code',
  'error',
  'reason',
  'position',
  'ref',
  'id',
  'order',
]);
/** Names of members that prove who somebody is, or open something: they are shown to nobody. */
const SECRET = /ticket|token|secret|passw|authori[sz]ation|cookie|api_?key|credential/i;

/** Data as it is, but for secrets; as it is described where it is too long. */
export function shownData(text: string): unknown {
  if (text.length > MAX_SHOWN_LENGTH) return tooLong(text);
  const data = parsed(text);
  return data === undefined ? text : withoutSecrets(data);
}

/** The shape of data: its members by name, and of what type each is. */
export function maskedData(text: string): unknown {
  if (text.length > MAX_SHOWN_LENGTH) return tooLong(text);
  const data = parsed(text);
  return data === undefined ? described('text', text.length) : shapeOf(data, MAX_DEPTH);
}

/** As {@link maskedData}, of a frame, with the members that say what it is. */
export function maskedFrame(text: string): unknown {
  if (text.length > MAX_SHOWN_LENGTH) return tooLong(text);
  const data = parsed(text);
  if (!isObject(data)) return maskedData(text);
  const kept = Object.entries(data).filter(([name, value]) => KEPT.has(name) && isShort(value));
  return { ...Object(shapeOf(data, MAX_DEPTH)), ...Object.fromEntries(kept) };
}

function withoutSecrets(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(withoutSecrets);
  if (!isObject(data)) return data;
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, SECRET.test(name) ? '***' : withoutSecrets(value)]),
  );
}

function shapeOf(data: unknown, depth: number): unknown {
  if (data === null) return null;
  if (Array.isArray(data)) return depth === 0 ? described('list', data.length) : listShape(data, depth);
  if (isObject(data)) return depth === 0 ? described('object') : objectShape(data, depth);
  return typeof data === 'string' ? described('text', data.length) : described(typeOf(data));
}

function listShape(list: readonly unknown[], depth: number): unknown[] {
  const shown = list.slice(0, MAX_ITEMS).map((item) => shapeOf(item, depth - 1));
  return list.length > MAX_ITEMS ? [...shown, described('more', list.length - MAX_ITEMS)] : shown;
}

function objectShape(object: object, depth: number): object {
  const members = Object.entries(object);
  const shown = members.slice(0, MAX_MEMBERS).map(([name, value]) => [name, shapeOf(value, depth - 1)]);
  if (members.length > MAX_MEMBERS) shown.push(['…', described('more', members.length - MAX_MEMBERS)]);
  return Object.fromEntries(shown) as object;
}

function typeOf(data: unknown): string {
  return typeof data === 'boolean' ? 'boolean' : 'number';
}

function described(type: string, size?: number): string {
  return size === undefined ? `<${type}>` : `<${type}, ${size}>`;
}

function tooLong(text: string): string {
  return described('too long', text.length);
}

function isShort(value: unknown): boolean {
  return richJsonText(value).length <= MAX_KEPT_LENGTH;
}

/** Nothing for what is not JSON. */
function parsed(text: string): unknown {
  try {
    return parseRichJson(text, { bytes: false });
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}
