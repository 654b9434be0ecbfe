/** The deepest nesting of objects and lists; deeper text is refused like text that is not JSON. */
export const MAX_JSON_DEPTH = 512;

/** The most digits of a number: the time to make an integer of them grows with their square. */
export const MAX_DIGITS = 1_000;

/** Bounds of JSON and MessagePack from outside, for parts that take many times more memory than bytes of input. */
export class InputBounds {
  /** Valid JSON up to this length is within the bounds: it has fewer parts than characters, and each bracket closes. */
  readonly shortLength: number;

  constructor(
    /** Objects, lists and names of members together. */
    readonly maxParts = 100_000,
    readonly maxDepth = MAX_JSON_DEPTH,
  ) {
    this.shortLength = Math.min(MAX_DIGITS, maxParts, 2 * maxDepth);
  }

  /** The bounds for a value that was within these, and became a member of an object with `members` members. */
  wrappedIn(members: number): InputBounds {
    return new InputBounds(this.maxParts + 1 + members, this.maxDepth + 1);
  }
}

/** The default bounds. */
export const INPUT_BOUNDS = new InputBounds();

/** The input exceeds a bound; the message names the bound and its value. */
export class BoundsError extends Error {
  override readonly name = 'BoundsError';
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Checks a JSON text before any value is made of it, in one pass, which is skipped for short text. In text that is not
 * JSON, it checks the part before the fault.
 * @throws {BoundsError}
 */
export function checkJsonBounds(text: string, { maxParts, maxDepth, shortLength }: InputBounds): void {
  if (text.length <= shortLength) return;
  let depth = 0;
  let parts = 0;
  let digits = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = closingQuote(text, at);
      if (at < 0) return;
    } else if (code >= ZERO && code <= NINE) {
      if (++digits > MAX_DIGITS) throw tooManyDigits();
    } else if (code === COMMA) digits = 0;
    else if (code === COLON) parts++;
    else if (code === OPEN_OBJECT || code === OPEN_LIST) {
      if (++depth > maxDepth) throw tooDeep(maxDepth);
      if (++parts > maxParts) throw tooManyParts(maxParts);
    } else if (code === CLOSE_OBJECT || code === CLOSE_LIST) depth--;
  }
  if (parts > maxParts) throw tooManyParts(maxParts);
}

export function tooDeep(maxDepth: number): BoundsError {
  return new BoundsError(`nested deeper than ${maxDepth}`);
}

export function tooManyParts(maxParts: number): BoundsError {
  return new BoundsError(`too large: more than ${maxParts} objects, lists and names of members`);
}

export function tooManyDigits(): BoundsError {
  return new BoundsError(`too large: a number of more than ${MAX_DIGITS} digits`);
}

/** The index of the quote that ends the string which opens at `open`; below zero without one. */
function closingQuote(text: string, open: number): number {
  let quote = text.indexOf('"', open + 1);
  while (quote > 0 && isEscaped(text, quote)) quote = text.indexOf('"', quote + 1);
  return quote;
}

function isEscaped(text: string, quote: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}
