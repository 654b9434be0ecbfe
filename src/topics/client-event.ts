import { isUtf8 } from 'node:buffer';
import type { DecodedFrame } from '../connection/endpoint.js';
import {
  isFalsy,
  isObject,
  JsonError,
  membersOf,
  parseJson,
  type JsonMembers,
  type JsonText,
} from '../protocol/json.js';

/** Events that clients may send; the names are case sensitive. */
export const EVENT_NAMES = ['auth', 'subscribe', 'unsubscribe', 'message', 'ping'] as const;

/** Handlers for what is not one of {@link EVENT_NAMES}: frames that are no events, and events of other names. */
export const INVALID = 'invalid';
export const UNKNOWN = 'unknown';
/** A frame that is not even JSON: answered as {@link INVALID}, but not counted as an event. */
export const NOT_JSON = 'not-json';

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

/** Reads a frame of a client. */
export function decodeClientEvent(frame: Buffer): DecodedFrame {
  try {
    return decode(isUtf8(frame) ? frame.toString() : '');
  } catch (error) {
    if (error instanceof JsonError) return { handler: NOT_JSON, payload: undefined };
    throw error;
  }
}

function decode(text: string): DecodedFrame {
  const value = parseJson(text);
  if (!isObject(value) || !isEventName(value.event)) return { handler: INVALID, payload: value };
  const name = value.event;
  const handler = (EVENT_NAMES as readonly string[]).includes(name) ? name : UNKNOWN;
  return { handler, payload: new ClientEvent(name, value, text) };
}

/** The limit counts Unicode code points, of which a string has at least half its length. */
function isEventName(name: unknown): name is string {
  if (typeof name !== 'string') return false;
  return (
    name.length <= MAX_NAME_LENGTH ||
    (name.length <= 2 * MAX_NAME_LENGTH && Array.from(name).length <= MAX_NAME_LENGTH)
  );
}
