import { isUtf8 } from 'node:buffer';
import {
  isFalsy,
  isObject,
  JsonError,
  membersOf,
  parseJson,
  type JsonMembers,
  type JsonText,
} from '../protocol/json.js';

/** A frame that is no event: not JSON at all, or JSON without the name of an event. */
export const NOT_JSON = 'not-json';
export const INVALID = 'invalid';

const MAX_NAME_LENGTH = 40;

/** An event of a client: a JSON object with a string member `event`. */
export class ClientEvent {
  private parsedMembers: JsonMembers | undefined;

  constructor(
    readonly name: string,
    /** The members as values; numbers may have lost precision. */
    readonly value: Readonly<Record<string, unknown>>,
    private readonly text: string,
  ) {}

  /** The members, each as the text it came in. */
  get members(): JsonMembers {
    this.parsedMembers ??= membersOf(this.text);
    return this.parsedMembers;
  }

  /** The subscription that the event is about, in whatever type it was given; nothing for an empty one. */
  get subscription(): JsonText | undefined {
    const given = this.members.get('subscription');
    return given === undefined || isFalsy(given) ? undefined : given;
  }
}

/** Reads a frame of a client. The name of the event may be one that nobody knows. */
export function readClientEvent(frame: Buffer): ClientEvent | typeof NOT_JSON | typeof INVALID {
  try {
    const text = isUtf8(frame) ? frame.toString() : '';
    const value = parseJson(text);
    return isObject(value) && isEventName(value.event) ? new ClientEvent(value.event, value, text) : INVALID;
  } catch (error) {
    if (error instanceof JsonError) return NOT_JSON;
    throw error;
  }
}

/** The limit counts Unicode code points, of which a string has at least half its length. */
function isEventName(name: unknown): name is string {
  if (typeof name !== 'string') return false;
  return (
    name.length <= MAX_NAME_LENGTH ||
    (name.length <= 2 * MAX_NAME_LENGTH && Array.from(name).length <= MAX_NAME_LENGTH)
  );
}
