import { MAX_JSON_DEPTH } from './bounds.js';

const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const LOWER_E = 0x65;
const LOWER_U = 0x75;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const TO_LOWER_CASE = 0x20;

/** Stands for an index where the bytes are not JSON. */
const NOWHERE = -1;

const HEX_DIGITS = Buffer.from('0123456789ABCDEFabcdef');
const ESCAPED = Buffer.from('"\\/bfnrt');
const WORDS = ['true', 'false', 'null'].map((word) => Buffer.from(word));

/**
 * Finds members of a JSON object in one pass over its bytes, which checks all of them and makes no values. For short
 * input this is faster than parsing, and it needs no text. Where it finds a fault, `JsonDocument` has to tell which, if
 * there is one.
 */
export class MemberFinder {
  private readonly names: readonly Buffer[];
  /** The starts and ends of the members found last, two numbers for each name; 0 for one that was not there. */
  readonly places: Int32Array;

  /** @param names of the members to look for, in characters that JSON does not escape. */
  constructor(names: readonly string[]) {
    this.names = names.map((name) => Buffer.from(name));
    this.places = new Int32Array(2 * names.length);
  }

  /**
   * Looks for the members; of a repeated name the last counts.
   * @param bytes MUST be UTF-8.
   * @returns false when the bytes may be no object, or have a name that would have to be decoded.
   */
  find(bytes: Uint8Array): boolean {
    this.places.fill(0);
    let at = skipSpace(bytes, 0);
    if (bytes[at] !== OPEN_OBJECT) return false;
    at = skipSpace(bytes, at + 1);
    if (bytes[at] !== CLOSE_OBJECT) at = this.findAmong(bytes, at);
    return at !== NOWHERE && skipSpace(bytes, at + 1) === bytes.length;
  }

  /** @returns the index of the closing brace. */
  private findAmong(bytes: Uint8Array, first: number): number {
    for (let at = first; ;) {
      const nameEnd = endOfName(bytes, at);
      if (nameEnd === NOWHERE) return NOWHERE;
      const start = afterColon(bytes, nameEnd);
      const end = start === NOWHERE ? NOWHERE : endOfValue(bytes, start, 1);
      if (end === NOWHERE) return NOWHERE;
      this.note(bytes, at + 1, nameEnd - 1, start, end);
      at = skipSpace(bytes, end);
      if (bytes[at] === CLOSE_OBJECT) return at;
      if (bytes[at] !== COMMA) return NOWHERE;
      at = skipSpace(bytes, at + 1);
    }
  }

  private note(bytes: Uint8Array, nameStart: number, nameEnd: number, start: number, end: number): void {
    for (let index = 0; index < this.names.length; index++) {
      const name = this.names[index]!;
      if (name.length !== nameEnd - nameStart || !standsAt(name, bytes, nameStart)) continue;
      this.places[2 * index] = start;
      this.places[2 * index + 1] = end;
    }
  }
}

/** The index after a name that needs no decoding. */
function endOfName(bytes: Uint8Array, open: number): number {
  if (bytes[open] !== QUOTE) return NOWHERE;
  for (let at = open + 1; at < bytes.length; at++) {
    const code = bytes[at]!;
    if (code === QUOTE) return at + 1;
    if (code < 0x20 || code === BACKSLASH) return NOWHERE;
  }
  return NOWHERE;
}

function standsAt(text: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let at = 0; at < text.length; at++) if (bytes[start + at] !== text[at]) return false;
  return true;
}

/** The index after the value that starts at `at`, or {@link NOWHERE}, as with all functions here. */
function endOfValue(bytes: Uint8Array, at: number, depth: number): number {
  const code = bytes[at]!;
  if (code === QUOTE) return endOfString(bytes, at);
  if (code === OPEN_OBJECT) return depth < MAX_JSON_DEPTH ? endOfObject(bytes, at, depth + 1) : NOWHERE;
  if (code === OPEN_LIST) return depth < MAX_JSON_DEPTH ? endOfList(bytes, at, depth + 1) : NOWHERE;
  if (code === MINUS || isDigit(code)) return endOfNumber(bytes, at);
  for (const word of WORDS) if (standsAt(word, bytes, at)) return at + word.length;
  return NOWHERE;
}

function endOfObject(bytes: Uint8Array, open: number, depth: number): number {
  let at = skipSpace(bytes, open + 1);
  if (bytes[at] === CLOSE_OBJECT) return at + 1;
  for (;;) {
    const nameEnd = bytes[at] === QUOTE ? endOfString(bytes, at) : NOWHERE;
    const start = nameEnd === NOWHERE ? NOWHERE : afterColon(bytes, nameEnd);
    const end = start === NOWHERE ? NOWHERE : endOfValue(bytes, start, depth);
    if (end === NOWHERE) return NOWHERE;
    at = skipSpace(bytes, end);
    if (bytes[at] === CLOSE_OBJECT) return at + 1;
    if (bytes[at] !== COMMA) return NOWHERE;
    at = skipSpace(bytes, at + 1);
  }
}

function endOfList(bytes: Uint8Array, open: number, depth: number): number {
  let at = skipSpace(bytes, open + 1);
  if (bytes[at] === CLOSE_LIST) return at + 1;
  for (;;) {
    const end = endOfValue(bytes, at, depth);
    if (end === NOWHERE) return NOWHERE;
    at = skipSpace(bytes, end);
    if (bytes[at] === CLOSE_LIST) return at + 1;
    if (bytes[at] !== COMMA) return NOWHERE;
    at = skipSpace(bytes, at + 1);
  }
}

/** The index of the value that follows a name. */
function afterColon(bytes: Uint8Array, nameEnd: number): number {
  const colon = skipSpace(bytes, nameEnd);
  return bytes[colon] === COLON ? skipSpace(bytes, colon + 1) : NOWHERE;
}

function endOfString(bytes: Uint8Array, open: number): number {
  for (let at = open + 1; at < bytes.length; at++) {
    const code = bytes[at]!;
    if (code === QUOTE) return at + 1;
    if (code < 0x20) return NOWHERE;
    if (code === BACKSLASH) {
      at = lastOfEscape(bytes, at + 1);
      if (at === NOWHERE) return NOWHERE;
    }
  }
  return NOWHERE;
}

function lastOfEscape(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== LOWER_U) return ESCAPED.includes(bytes[at] ?? 0) ? at : NOWHERE;
  for (let digit = at + 1; digit <= at + 4; digit++)
    if (!HEX_DIGITS.includes(bytes[digit] ?? 0)) return NOWHERE;
  return at + 4;
}

function endOfNumber(bytes: Uint8Array, first: number): number {
  let at = bytes[first] === MINUS ? first + 1 : first;
  let end = bytes[at] === ZERO ? at + 1 : endOfDigits(bytes, at);
  if (end === at) return NOWHERE;
  if (bytes[end] === POINT) {
    at = end + 1;
    end = endOfDigits(bytes, at);
    if (end === at) return NOWHERE;
  }
  if ((bytes[end]! | TO_LOWER_CASE) !== LOWER_E) return end;
  at = bytes[end + 1] === PLUS || bytes[end + 1] === MINUS ? end + 2 : end + 1;
  end = endOfDigits(bytes, at);
  return end === at ? NOWHERE : end;
}

function endOfDigits(bytes: Uint8Array, at: number): number {
  while (isDigit(bytes[at]!)) at++;
  return at;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

function skipSpace(bytes: Uint8Array, at: number): number {
  for (;;) {
    const code = bytes[at];
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    at++;
  }
}
