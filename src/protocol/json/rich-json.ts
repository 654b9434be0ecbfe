import { parse } from 'lossless-json';
import { isBoxedPrimitive, isUint8Array } from 'node:util/types';
import { type InputBounds, MAX_JSON_DEPTH } from './bounds.js';
import { JsonDocument } from './json-document.js';
import { isObject, JsonError, type JsonText, toJsonText, valueOf } from './json.js';

/** The names of the one member of an object that stands for bytes: their base64, or their text in UTF-8. */
const BASE64 = '__base64__';
const UTF8 = '__bytes__';

/** Integers beyond 2^53 have at least 16 digits. */
const MAY_BE_BIG = /\d{16}/;
const IS_INTEGER = /^-?\d+$/;
/** The names of members may be escaped. */
const MAY_HAVE_BYTES = /__(?:base64|bytes)__|\\u005f/i;

export interface RichJsonOptions {
  /** Whether `{"__base64__": …}` and `{"__bytes__": …}` are bytes; otherwise they stay objects. Default: true. */
  readonly bytes?: boolean;
  readonly bounds?: InputBounds;
}

/**
 * The value of a JSON text, with integers beyond 2^53 as bigint and bytes as Buffer. Other numbers are as JSON.parse
 * has them. Members may have any name; `__proto__`, too, is then the object's own.
 * @param source bytes, which have to be UTF-8, or text.
 * @throws {JsonError} when it is not JSON or exceeds a bound.
 */
export function parseRichJson(source: string | Buffer, { bytes, ...reading }: RichJsonOptions = {}): unknown {
  const { text, value } = JsonDocument.read(source, reading);
  return enriched(text, value, bytes);
}

/** As {@link parseRichJson}, of text that is known to be valid JSON. */
export function richValueOf(text: JsonText, { bytes }: Pick<RichJsonOptions, 'bytes'> = {}): unknown {
  return enriched(text, valueOf(text), bytes);
}

function enriched(text: JsonText, plain: unknown, bytes = true): unknown {
  const value = MAY_BE_BIG.test(text) ? parse(text, undefined, LOSSLESS) : plain;
  return bytes && MAY_HAVE_BYTES.test(text) ? withBytes(value) : value;
}

const LOSSLESS = {
  parseNumber: (text: string): number | bigint => {
    const number = Number(text);
    return Number.isSafeInteger(number) || !IS_INTEGER.test(text) ? number : BigInt(text);
  },
  onDuplicateKey: ({ newValue }: { readonly newValue: unknown }): unknown => newValue,
};

/** Converts a parsed value in place. */
function withBytes(value: unknown): unknown {
  if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) value[index] = withBytes(element);
    return value;
  }
  if (!isObject(value)) return value;
  const members = Object.entries(value);
  const bytes = members.length === 1 ? bytesOf(...members[0]!) : undefined;
  if (bytes) return bytes;
  // An assignment to a name that the object has itself never reaches a setter.
  for (const [name, member] of members) value[name] = withBytes(member);
  return value;
}

function bytesOf(name: string, value: unknown): Buffer | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  if (name === BASE64) return Buffer.from(value, 'base64');
  return name === UTF8 ? Buffer.from(value) : undefined;
}

/**
 * The JSON text of a value as JSON.stringify makes it, but bigints as digits and bytes as `{"__base64__": …}`;
 * `undefined` as null.
 * @throws {JsonError} when it is nested too deep, as is a value that contains itself.
 */
export function richJsonText(value: unknown): JsonText {
  return isPlain(value, 0) ? toJsonText(value) : ((textOf(value, '', 0) ?? 'null') as JsonText);
}

/** Whether JSON.stringify gives the same text. */
function isPlain(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'bigint';
  checkDepth(depth);
  if (Array.isArray(value)) return value.every((element) => isPlain(element, depth + 1));
  if (isUint8Array(value) || 'toJSON' in value) return false;
  return Object.values(value).every((member) => isPlain(member, depth + 1));
}

/** Nothing for a value that JSON cannot express, such as a function. */
function textOf(value: unknown, name: string, depth: number): string | undefined {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  checkDepth(depth);
  if (isUint8Array(value)) return `{"${BASE64}":"${base64(value)}"}`;
  if (hasToJson(value)) return textOf(value.toJSON(name), name, depth + 1);
  if (Array.isArray(value))
    return `[${Array.from(value, (element: unknown, index) => textOf(element, `${index}`, depth + 1) ?? 'null').join(',')}]`;
  if (isBoxedPrimitive(value)) return JSON.stringify(value);
  const members = Object.entries(value)
    .map(([key, member]) => ({ key, text: textOf(member, key, depth + 1) }))
    .filter(({ text }) => text !== undefined);
  return `{${members.map(({ key, text }) => `${JSON.stringify(key)}:${text}`).join(',')}}`;
}

function checkDepth(depth: number): void {
  if (depth >= MAX_JSON_DEPTH) throw new JsonError(`nested deeper than ${MAX_JSON_DEPTH}`);
}

function base64({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

function hasToJson(value: object): value is { toJSON(name: string): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}
