import { type InputBounds, tooDeep, tooManyParts } from './bounds.js';

const FIX_MAP = 0x80;
const FIX_LIST = 0x90;
const FIX_TEXT = 0xa0;
const NIL = 0xc0;
const NEVER_USED = 0xc1;
const NEGATIVE = 0xe0;

/** The bytes of the length that follows each first byte from {@link NIL} up to {@link NEGATIVE}. */
// oxfmt-ignore
const LENGTH_BYTES = [0, 0, 0, 0, 1, 2, 4, 1, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4];
/** The bytes of the value after each of these first bytes, where no length follows. */
// oxfmt-ignore
const FIXED_BYTES = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17, 0, 0, 0, 0, 0, 0, 0];
/** The type of an extension comes between its length and its content. */
const EXTENSIONS = [0xc7, 0xc8, 0xc9];
const FIRST_LIST = 0xdc;
const FIRST_MAP = 0xde;

/**
 * Checks facts that a decoder takes on trust: that lists and maps have no more elements than there are bytes, as it
 * allocates memory for them at once, how deep they are nested, and how many they are with the names of members.
 * @throws {RangeError} unless the bytes are exactly one value.
 * @throws {BoundsError}
 */
export function checkShape(bytes: Uint8Array, { maxParts, maxDepth }: InputBounds): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  /** The values still to come in each open list and map; the first entry is for the value itself. */
  const open = [1];
  let expected = 1;
  let parts = 0;
  let at = 0;
  while (open.length > 0) {
    if (expected > bytes.length - at) throw new RangeError('it ends too early');
    expected--;
    open[open.length - 1]!--;
    const { next, elements, names = 0 } = readHead(view, at);
    at = next;
    if (elements !== undefined) {
      if (open.length > maxDepth) throw tooDeep(maxDepth);
      if ((parts += 1 + names) > maxParts) throw tooManyParts(maxParts);
      open.push(elements);
      expected += elements;
    }
    while (open.at(-1) === 0) open.pop();
  }
  if (at !== bytes.length) throw new RangeError('something comes after it');
}

interface Head {
  /** The index of the next value, which may be an element of this one. */
  readonly next: number;
  /** Only of lists and maps. */
  readonly elements?: number;
  /** The number of elements that are names of members: only of maps. */
  readonly names?: number;
}

function readHead(view: DataView, at: number): Head {
  const first = view.getUint8(at);
  if (first < FIX_MAP || first >= NEGATIVE) return { next: at + 1 };
  if (first < FIX_LIST) return mapOf(at + 1, first - FIX_MAP);
  if (first < FIX_TEXT) return { next: at + 1, elements: first - FIX_LIST };
  if (first < NIL) return { next: at + 1 + first - FIX_TEXT };
  if (first === NEVER_USED) throw new RangeError('a byte is none of MessagePack');
  const lengthBytes = LENGTH_BYTES[first - NIL]!;
  if (lengthBytes === 0) return { next: at + 1 + FIXED_BYTES[first - NIL]! };
  const length = unsigned(view, at + 1, lengthBytes);
  const next = at + 1 + lengthBytes;
  if (first >= FIRST_MAP) return mapOf(next, length);
  if (first >= FIRST_LIST) return { next, elements: length };
  return { next: next + length + (EXTENSIONS.includes(first) ? 1 : 0) };
}

function mapOf(next: number, names: number): Head {
  return { next, elements: 2 * names, names };
}

function unsigned(view: DataView, at: number, bytes: number): number {
  if (bytes === 1) return view.getUint8(at);
  return bytes === 2 ? view.getUint16(at) : view.getUint32(at);
}
