import { isUtf8 } from 'node:buffer';
import { BoundsError, checkJsonBounds, INPUT_BOUNDS, type InputBounds } from './bounds.js';
import { isObject, JsonError, membersOf, type JsonMembers, type JsonText } from './json.js';

/** How JSON is read. */
export interface JsonReading {
  readonly bounds?: InputBounds;
  /** What is thrown when it cannot be. Default: {@link JsonError}. */
  readonly fault?: new (message: string, options: ErrorOptions) => Error;
}

/** JSON that somebody sent, checked as a whole: the one way from bytes to members. */
export class JsonDocument {
  private found: JsonMembers | undefined;

  private constructor(
    readonly text: JsonText,
    /** Numbers may have lost precision. */
    readonly value: unknown,
  ) {}

  /**
   * @param source bytes, which have to be UTF-8, or text.
   * @throws the fault, of what is not UTF-8, not JSON, or exceeds a bound. It does not quote what was read.
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

  /** The members of an object, each as the text it came in; nothing of JSON of another kind. */
  get members(): JsonMembers | undefined {
    if (isObject(this.value)) this.found ??= membersOf(this.text);
    return this.found;
  }
}

/** Where the text stops being JSON, as far as the parser says; its own message would quote the text. */
function placeOf(error: unknown): string {
  const position = /position (\d+)/.exec(String(error))?.[1];
  return position === undefined ? '' : ` at position ${position}`;
}
