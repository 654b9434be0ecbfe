/**
 * A JSON value kept as the text it came in, so that integers beyond 2^53, number spellings, key order and
 * escapes pass through untouched. Always valid JSON: it is read by `JsonDocument`, or made
 * by {@link toJsonText}.
 */
export type JsonText = string & { readonly __jsonText: unique symbol };

/** The members of a JSON object by name, each as the text it came in. Of a repeated name the last counts. */
export type JsonMembers = Map<string, JsonText>;

/** The input is not JSON, or exceeds a bound (`bounds.ts`). */
export class JsonError extends Error {
  override readonly name = 'JsonError';
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Whether a parsed value is a JSON object: neither null nor a list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether text that is known to be valid JSON is an object. */
export function isObjectText(text: JsonText): boolean {
  return text.charCodeAt(skipSpace(text, 0)) === OPEN_OBJECT;
}

/** Whether text that is known to be valid JSON is a list. */
export function isListText(text: JsonText): boolean {
  return text.charCodeAt(skipSpace(text, 0)) === OPEN_LIST;
}

/** The members of text that is known to be a valid JSON object. */
export function membersOf(text: string): JsonMembers {
  const members: JsonMembers = new Map();
  let at = skipSpace(text, skipSpace(text, 0) + 1);
  while (text.charCodeAt(at) !== CLOSE_OBJECT) {
    const nameEnd = endOfString(text, at);
    const name = decodeString(text.slice(at, nameEnd));
    const start = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = endOfValue(text, start);
    members.set(name, text.slice(start, end) as JsonText);
    at = afterComma(text, end);
  }
  return members;
}

/** The elements of text that is known to be a valid JSON list. */
export function elementsOf(text: string): JsonText[] {
  const elements: JsonText[] = [];
  let at = skipSpace(text, skipSpace(text, 0) + 1);
  while (text.charCodeAt(at) !== CLOSE_LIST) {
    const end = endOfValue(text, at);
    elements.push(text.slice(at, end) as JsonText);
    at = afterComma(text, end);
  }
  return elements;
}

/**
 * A JavaScript value as JSON text; `undefined` becomes null.
 * @throws {TypeError} for what JSON cannot hold (cycles, bigint).
 */
export function toJsonText(value: unknown): JsonText {
  return (JSON.stringify(value) ?? 'null') as JsonText;
}

/** The value of text that is known to be valid JSON. */
export function valueOf(text: JsonText): unknown {
  return JSON.parse(text);
}

/** Whether a value counts as missing: null, false, zero, and empty strings, lists and objects. */
export function isFalsy(text: JsonText): boolean {
  switch (text[0]) {
    case '"':
      return text.length === 2;
    case '[':
    case '{':
      return /^.\s*.$/s.test(text);
    case 't':
      return false;
    case 'f':
    case 'n':
      return true;
    default:
      return Number(text) === 0;
  }
}

/** An object from its members, as JSON text. */
export function objectText(members: Iterable<readonly [string, JsonText]>): JsonText {
  let text = '';
  for (const [name, value] of members) text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${value}`;
  return `{${text}}` as JsonText;
}

/** As {@link objectText}; `null` without members, such as the identity of nobody. */
export function objectOrNull(members: JsonMembers | undefined): JsonText {
  return members ? objectText(members) : ('null' as JsonText);
}

/** The longest part of a text that V8 copies when it is cut out; a longer one refers to the whole text. */
const MAX_COPIED_LENGTH = 12;

/**
 * A copy of a part of a longer text, to be kept: the part itself would keep all of that text in memory.
 * @param text without lone surrogates, as JSON from UTF-8 is.
 */
export function detached<T extends string>(text: T): T {
  return text.length <= MAX_COPIED_LENGTH ? text : (Buffer.from(text).toString() as T);
}

/** The index after white space. */
export function skipSpace(text: string, at: number): number {
  while (text.charCodeAt(at) <= 0x20) at++;
  return at;
}

function afterComma(text: string, end: number): number {
  const at = skipSpace(text, end);
  return text.charCodeAt(at) === COMMA ? skipSpace(text, at + 1) : at;
}

/** The value of text that is known to be a valid JSON string. */
export function decodeString(text: string): string {
  return text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1);
}

/** The index after the closing quote of the string that opens at `at`. */
export function endOfString(text: string, at: number): number {
  let quote = text.indexOf('"', at + 1);
  while (isEscaped(text, quote)) quote = text.indexOf('"', quote + 1);
  return quote + 1;
}

function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}

/** The index after the value that starts at `at`. */
function endOfValue(text: string, at: number): number {
  const first = text.charCodeAt(at);
  if (first === QUOTE) return endOfString(text, at);
  if (first !== OPEN_OBJECT && first !== OPEN_LIST) return endOfScalar(text, at);
  let depth = 0;
  for (; ; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at) - 1;
    else if (code === OPEN_OBJECT || code === OPEN_LIST) depth++;
    else if ((code === CLOSE_OBJECT || code === CLOSE_LIST) && --depth === 0) return at + 1;
  }
}

/** The index after the number, true, false or null that starts at `at`. */
export function endOfScalar(text: string, at: number): number {
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === COMMA || code === CLOSE_OBJECT || code === CLOSE_LIST || code <= 0x20) break;
  }
  return at;
}
