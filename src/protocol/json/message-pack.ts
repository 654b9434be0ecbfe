import { Decoder, Encoder, ExtData, ExtensionCodec } from '@msgpack/msgpack';
import { isUint8Array } from 'node:util/types';
import {
  BoundsError,
  INPUT_BOUNDS,
  type InputBounds,
  MAX_DIGITS,
  MAX_JSON_DEPTH,
  tooManyDigits,
} from './bounds.js';
import { JsonError } from './json.js';
import { checkShape } from './message-pack-shape.js';

/** The extension type of integers beyond 64 bits: hexadecimal digits in ASCII, after `-` for those below zero. */
const BIG_INTEGER = 1;
const TIMESTAMP = -1;
const HEXADECIMAL = /^-?[\da-f]+$/i;

const MAX_UNSIGNED = 2n ** 64n;
const MIN_SIGNED = -(2n ** 63n);
const MAX_INT_32 = 2 ** 32;
const MIN_INT_32 = -(2 ** 31);

/** Without Dates: the built-in decoder of timestamps makes values that are not JSON. */
const EXTENSIONS = new ExtensionCodec();
EXTENSIONS.register({
  type: TIMESTAMP,
  encode: () => null,
  decode: (data, type) => new ExtData(type, data),
});
EXTENSIONS.register({ type: BIG_INTEGER, encode: () => null, decode: integerOf });

const DECODER = new Decoder({ extensionCodec: EXTENSIONS, useBigInt64: true, mapKeyConverter: keyOf });
const ENCODER = new Encoder({
  extensionCodec: EXTENSIONS,
  useBigInt64: true,
  ignoreUndefined: true,
  maxDepth: MAX_JSON_DEPTH + 1,
});

/** The input is not MessagePack, or exceeds a bound (`bounds.ts`). */
export class MessagePackError extends Error {
  override readonly name = 'MessagePackError';
}

/**
 * Decodes one MessagePack value: integers beyond the safe range of numbers are bigints, bytes are Buffers, and
 * extensions other than big integers are `ExtData` of the library. Names of members become strings.
 * @throws {MessagePackError}
 */
export function parseMessagePack(bytes: Uint8Array, bounds: InputBounds = INPUT_BOUNDS): unknown {
  try {
    checkShape(bytes, bounds);
    return asRead(DECODER.decode(bytes));
  } catch (cause) {
    throw new MessagePackError(cause instanceof BoundsError ? cause.message : 'not MessagePack', { cause });
  }
}

/**
 * Encodes a value as MessagePack: all that JSON could hold, and bigints, bytes and `ExtData`.
 * @throws {JsonError} when it is nested too deep, as is a value that contains itself.
 */
export function messagePack(value: unknown): Buffer {
  const { buffer, byteOffset, byteLength } = ENCODER.encode(toWrite(value, '', 0));
  return Buffer.from(buffer, byteOffset, byteLength);
}

function integerOf(data: Uint8Array): number | bigint {
  if (data.length > MAX_DIGITS + '-'.length) throw tooManyDigits();
  const text = Buffer.from(data).toString('latin1');
  if (text.replace('-', '').length > MAX_DIGITS) throw tooManyDigits();
  if (!HEXADECIMAL.test(text)) throw new MessagePackError('an integer has other characters than digits');
  const size = BigInt(`0x${text.replace('-', '')}`);
  return shortest(text.startsWith('-') ? -size : size);
}

function shortest(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function keyOf(key: unknown): string {
  if (typeof key === 'object' && key !== null)
    throw new MessagePackError('the name of a member is not a text');
  return String(key);
}

/** Converts decoded values in place. */
function asRead(value: unknown): unknown {
  if (typeof value === 'bigint') return shortest(value);
  if (typeof value !== 'object' || value === null || value instanceof ExtData) return value;
  if (isUint8Array(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const members = value as Record<string, unknown>;
  for (const name of Object.keys(members)) members[name] = asRead(members[name]);
  return value;
}

/** A copy that the library encodes right: it would make floats of integers beyond 32 bits. */
function toWrite(value: unknown, name: string, depth: number): unknown {
  switch (typeof value) {
    case 'number':
      return isBeyond32Bits(value) ? BigInt(value) : value;
    case 'bigint':
      return integerToWrite(value);
    case 'object':
      return value === null || value instanceof ExtData || isUint8Array(value)
        ? value
        : objectToWrite(value, name, depth);
    case 'function':
    case 'symbol':
      return undefined;
    default:
      return value;
  }
}

function isBeyond32Bits(value: number): boolean {
  return Number.isSafeInteger(value) && (value >= MAX_INT_32 || value < MIN_INT_32);
}

function integerToWrite(value: bigint): number | bigint | ExtData {
  if (value >= MIN_SIGNED && value < MAX_UNSIGNED) {
    const number = Number(value);
    return Number.isSafeInteger(number) && !isBeyond32Bits(number) ? number : value;
  }
  return new ExtData(BIG_INTEGER, Buffer.from(value.toString(16)));
}

function objectToWrite(value: object, name: string, depth: number): unknown {
  if (depth >= MAX_JSON_DEPTH) throw new JsonError(`nested deeper than ${MAX_JSON_DEPTH}`);
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return toWrite((value.toJSON as (name: string) => unknown)(name), name, depth + 1);
  if (Array.isArray(value))
    return Array.from(value, (element: unknown, index) => toWrite(element, `${index}`, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, toWrite(member, key, depth + 1)] as const),
  );
}
