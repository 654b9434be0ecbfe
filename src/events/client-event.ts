import type { DecodedFrame } from '../connection/endpoint/endpoint.js';
import type { InputBounds } from '../protocol/json/bounds.js';
import { JsonDocument } from '../protocol/json/json-document.js';
import {
  isFalsy,
  isObject,
  JsonError,
  membersOf,
  type JsonMembers,
  type JsonText,
} from '../protocol/json/json.js';

/** Events for which there may be a handler; the names are case sensitive. */
const EVENT_NAMES = new Set([
  'auth',
  'subscribe',
  'unsubscribe',
  'message',
  'ping',
  'call',
  'cancel',
  'join',
  'leave',
]);

/** Handlers for what is none of these: frames that are not JSON, JSON without the name of an event, other events. */
export const NOT_JSON = 'not-json';
export const INVALID = 'invalid';
export const UNKNOWN = 'unknown';

const MAX_NAME_LENGTH = 40;

/** Larger pings take their turn, as it must cost little to tell that a frame is a ping. */
const MAX_PING_BYTES = 1024;

/** An event of a client: a JSON object with a string member `event`. */
export class ClientEvent {
  constructor(
    readonly name: string,
    /** The members as values; numbers may have lost precision. */
    readonly value: Readonly<Record<string, unknown>>,
    private readonly text: JsonText,
    private parsedMembers?: JsonMembers,
  ) {}

  /** The size of the event as the client sent it. */
  get bytes(): number {
    return Buffer.byteLength(this.text);
  }

  /** The members, each as the text that was sent. */
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
export function decodeClientEvent(frame: Buffer, bounds?: InputBounds): DecodedFrame {
  try {
    const { text, value } = JsonDocument.read(frame, bounds && { bounds });
    if (!isObject(value) || !isEventName(value.event)) return { handler: INVALID, payload: undefined };
    const event = new ClientEvent(value.event, value, text);
    return { handler: EVENT_NAMES.has(event.name) ? event.name : UNKNOWN, payload: event };
  } catch (error) {
    if (error instanceof JsonError) return { handler: NOT_JSON, payload: undefined };
    throw error;
  }
}

/** Whether a frame is a ping, and small. */
export function isPing(frame: Buffer): boolean {
  return (
    frame.length <= MAX_PING_BYTES && frame.includes('"ping"') && decodeClientEvent(frame).handler === 'ping'
  );
}

/** Whether a frame may be a `message`, which the app hears of even if its client is gone. Quick: it is not parsed. */
export function mayBeMessage(frame: Buffer): boolean {
  return frame.includes('"message"') || frame.includes('\\u');
}

/** The limit counts Unicode code points, of which a string has at least half its length. */
function isEventName(name: unknown): name is string {
  if (typeof name !== 'string') return false;
  return (
    name.length <= MAX_NAME_LENGTH ||
    (name.length <= 2 * MAX_NAME_LENGTH && Array.from(name).length <= MAX_NAME_LENGTH)
  );
}
