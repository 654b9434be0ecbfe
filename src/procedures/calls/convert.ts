import { isUtf8 } from 'node:buffer';
import { MAX_DIGITS } from '../../protocol/json/bounds.js';
import type { ParameterType } from '../signature.js';
import { ConversionError } from './conversion-error.js';

const DECIMAL = /^[+-]?\d+(?:_\d+)*$/;
const PREFIXED = /^([+-]?)(0x_?[\da-f]+(?:_[\da-f]+)*|0o_?[0-7]+(?:_[0-7]+)*|0b_?[01]+(?:_[01]+)*)$/i;
const FLOAT = /^[+-]?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?$/i;
const NO_NUMBER = /^([+-]?)(?:(inf|infinity)|nan)$/i;
const YES = /^(?:true|t|yes|y|1)$/i;

const CONVERSIONS: Readonly<Record<ParameterType, (value: unknown) => unknown>> = {
  int: toInt,
  float: toFloat,
  bool: toBool,
  str: toStr,
  bytes: toBytes,
};

/**
 * Converts an argument to the type of its parameter:
 *
 * - `int`: from decimal text, text with `0x`, `0o` or `0b` before it, a boolean or a number, which is cut toward zero.
 *   A bigint where a number would lose digits.
 * - `float`: from text, a boolean or a number.
 * - `bool`: of text, `true`, `t`, `yes`, `y` and `1` in any case are true; null, zero, NaN and empty values are false.
 * - `str`: text, or bytes that are UTF-8.
 * - `bytes`: a Buffer, from text as UTF-8, bytes, or a list of their values.
 *
 * @throws {ConversionError} when the value is of another type or has too many digits, or its content does not fit.
 */
export function convert(type: ParameterType, value: unknown): unknown {
  return CONVERSIONS[type](value);
}

function toInt(value: unknown): number | bigint {
  switch (typeof value) {
    case 'boolean':
      return Number(value);
    case 'number':
      return cut(value);
    case 'bigint':
      return shortest(value);
    case 'string':
      return parseInteger(value);
    default:
      throw unusable('int', value);
  }
}

function cut(value: number): number | bigint {
  if (!Number.isFinite(value)) throw new ConversionError(`cannot convert ${value} to an integer`, 500);
  const whole = Math.trunc(value) + 0; // no negative zero
  return Number.isSafeInteger(whole) ? whole : BigInt(whole);
}

function parseInteger(text: string): number | bigint {
  const digits = text.trim();
  if (hasTooManyDigits(digits))
    throw new ConversionError(`an integer may have ${MAX_DIGITS} digits at most`, 500);
  if (DECIMAL.test(digits)) return shortest(BigInt(withoutMarks(digits)));
  const prefixed = PREFIXED.exec(digits);
  if (!prefixed) throw new ConversionError(`invalid literal for int() with base 10: ${quoted(text)}`, 500);
  const size = BigInt(withoutMarks(prefixed[2]!));
  return shortest(prefixed[1] === '-' ? -size : size);
}

/** Counts digits without the sign, the prefix and the underscores that text may have. */
function hasTooManyDigits(text: string): boolean {
  if (text.length <= MAX_DIGITS) return false;
  const longest = '-0x_'.length + 2 * MAX_DIGITS;
  return text.length > longest || withoutMarks(text).replace(/^-?(?:0[xob])?/i, '').length > MAX_DIGITS;
}

function shortest(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function toFloat(value: unknown): number {
  switch (typeof value) {
    case 'boolean':
    case 'number':
      return Number(value);
    case 'bigint':
      return inRange(value);
    case 'string':
      return parseFloatText(value);
    default:
      throw unusable('float', value);
  }
}

function inRange(value: bigint): number {
  const number = Number(value);
  if (!Number.isFinite(number)) throw new ConversionError('int too large to convert to float', 500);
  return number;
}

function parseFloatText(text: string): number {
  const digits = text.trim();
  if (FLOAT.test(digits)) return Number(withoutMarks(digits));
  const special = NO_NUMBER.exec(digits);
  if (!special) throw new ConversionError(`could not convert string to float: ${quoted(text)}`, 500);
  if (special[2] === undefined) return NaN;
  return special[1] === '-' ? -Infinity : Infinity;
}

function toBool(value: unknown): boolean {
  if (typeof value === 'string') return YES.test(value);
  if (typeof value !== 'object' || value === null) return Boolean(value);
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length > 0;
  if (value instanceof Map || value instanceof Set) return value.size > 0;
  return Object.keys(value).length > 0;
}

function toStr(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Uint8Array && isUtf8(value)) return asBuffer(value).toString('utf8');
  throw unusable('str', value);
}

function toBytes(value: unknown): Buffer {
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  if (value instanceof Uint8Array) return asBuffer(value);
  if (!Array.isArray(value) || !value.every((byte) => Number.isInteger(byte))) throw unusable('bytes', value);
  if (value.every((byte) => byte >= 0 && byte <= 255)) return Buffer.from(value as number[]);
  throw new ConversionError('bytes must be in range(0, 256)', 500);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Removes underscores, and the plus sign that `BigInt` does not take before a prefix. */
function withoutMarks(digits: string): string {
  return digits.replaceAll('_', '').replace(/^\+/, '');
}

function unusable(type: ParameterType, value: unknown): ConversionError {
  return new ConversionError(`${kindOf(value)} cannot be converted to ${type}`, 400);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Uint8Array) return 'a value of bytes';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** At most 100 characters of a text, quoted and escaped as Python does. */
function quoted(text: string): string {
  const shown = text.length > 100 ? `${text.slice(0, 100)}...` : text;
  return `'${shown.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
