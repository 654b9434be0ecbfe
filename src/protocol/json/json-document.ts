import { isUtf8 } from 'node:buffer';
import { BoundsError, checkJsonBounds, INPUT_BOUNDS, type InputBounds } from './bounds.js';
import { isObject, JsonError, membersOf, type JsonMembers, type JsonText } from './json.js';

/** Options of reading JSON. */
export interface JsonReading {
  readonly bounds?: InputBounds;
  /** The class of the error when it cannot be read. Default: {@link JsonError}. */
  readonly fault?: new (message: string, options: ErrorOptions) => Error;
}

/** JSON from outside, checked as a whole: the one way from bytes to members. */
export class JsonDocument {
  private found: JsonMembers | undefined;

  private constructor(
    readonly text: JsonText,
    /** Numbers may have lost precision. */
    readonly value: unknown,
  ) {}

  /**
   * @param source bytes, which have to be UTF-8, or text.
   * @throws the fault when the source is not UTF-8, not JSON, or exceeds a bound. It does not quote the source.
   */
  static read(
    source: string | Buffer,
    { bounds = INPUT_BOUNDS, fault = JsonError }: JsonReading = {},
  ): JsonDocument {
    if (typeof source !== 'string' && !isUtf8(source)) throw new fault('not UTF-8', {});
    const text = source.toString();
    try {
      checkJsonBounds(text, bounds);
      return new JsonDocument(text as JsonText, JSON.parse(text));
    } catch (cause) {
      throw new fault(cause instanceof BoundsError ? cause.message : `not JSON${placeOf(cause)}`, { cause });
    }
  }

  /** Text that was made here, if others will read it. @throws the fault when it exceeds a bound. */
  static within(text: JsonText, { bounds = INPUT_BOUNDS, fault = JsonError }: JsonReading = {}): JsonText {
    try {
      checkJsonBounds(text, bounds);
      return text;
    } catch (cause) {
      throw cause instanceof BoundsError ? new fault(cause.message, { cause }) : cause;
    }
  }

  /** The members of an object, each as the text it came in; nothing for other JSON. */
  get members(): JsonMembers | undefined {
    if (isObject(this.value)) this.found ??= membersOf(this.text);
    return this.found;
  }
}

/** The position of the fault, if the parser tells it; the parser's own message would quote the text. */
function placeOf(error: unknown): string {
  const position = /position (\d+)/.exec(String(error))?.[1];
  return position === undefined ? '' : ` at position ${position}`;
}
