import type { JsonText } from './json/json.js';

/** The longest text of a position. */
export const MAX_POSITION_LENGTH = 64;

/**
 * A place in the history of a channel: the number of a publication, within an epoch in which numbers have no holes. To
 * clients it is an opaque text that they give back when they come again; `<epoch>.<number>` is for our eyes alone.
 */
export class Position {
  constructor(
    /** Another one begins when numbers may have been lost: positions of two epochs have nothing to do with each other. */
    readonly epoch: string,
    readonly offset: number,
  ) {}

  /** @returns nothing for what no gateway has given out. */
  static parse(text: string): Position | undefined {
    const found = text.length <= MAX_POSITION_LENGTH ? FORM.exec(text) : null;
    return found ? new Position(found[1]!, Number(found[2])) : undefined;
  }

  /** The place before it. */
  get before(): Position {
    return new Position(this.epoch, this.offset - 1);
  }

  /** As clients are given it. */
  toString(): string {
    return `${this.epoch}.${this.offset}`;
  }

  /** Whether it is in the epoch of the other, at its place or before. */
  isWithin(other: Position): boolean {
    return this.epoch === other.epoch && this.offset <= other.offset;
  }

  /** Whether it is the next after the other. */
  isNextTo(other: Position): boolean {
    return this.offset === other.offset + 1 && this.epoch === other.epoch;
  }
}

/** Numbers have at most 15 digits: they compare exactly. */
const FORM = /^([\w-]{1,32})\.(\d{1,15})$/;

/** The start of the text of a publication with its position. Whoever does not know of it ignores the member. */
const MARK = '{"@":"';

/** The text of a publication, which is an object with members, with its position before them. */
export function withPosition(text: JsonText, position: Position): JsonText {
  return `${MARK}${position.toString()}",${text.slice(text.indexOf('{') + 1)}` as JsonText;
}

/** The position in the text of a publication, if it has one. */
export function positionIn(text: string): Position | undefined {
  if (!text.startsWith(MARK)) return undefined;
  const end = text.indexOf('"', MARK.length);
  return end < 0 ? undefined : Position.parse(text.slice(MARK.length, end));
}

/** The text of a publication that has a position, as it was before. */
export function withoutPosition(text: JsonText): JsonText {
  return `{${text.slice(text.indexOf(',', MARK.length) + 1)}` as JsonText;
}
