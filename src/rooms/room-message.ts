import type { DecodedFrame } from '../connection/endpoint.js';
import type { InputBounds } from '../protocol/json/bounds.js';
import { JsonDocument } from '../protocol/json/json-document.js';
import { isObject, JsonError, type JsonMembers } from '../protocol/json/json.js';

/** Messages that clients may send, by their `type`; the names are case sensitive. */
const TYPES = new Set(['subscribe', 'unsubscribe', 'status']);

/** Handlers for what is not one of these: bare text, text that is not JSON, and messages of other types. */
export const PING = 'ping';
export const NOT_JSON = 'not-json';
export const UNKNOWN = 'unknown';

/** A message of a client. */
export interface RoomMessage {
  readonly members: JsonMembers;
  readonly value: Readonly<Record<string, unknown>>;
}

const PING_FRAME = Buffer.from(PING);

/** Whether a frame is a ping. */
export function isPing(frame: Buffer): boolean {
  return PING_FRAME.equals(frame);
}

/** Reads a frame of a client. */
export function decodeRoomMessage(frame: Buffer, bounds?: InputBounds): DecodedFrame {
  if (isPing(frame)) return { handler: PING, payload: undefined };
  try {
    const { value, members } = JsonDocument.read(frame, bounds && { bounds });
    if (!isObject(value) || !members) return { handler: UNKNOWN, payload: undefined };
    const handler = typeof value.type === 'string' && TYPES.has(value.type) ? value.type : UNKNOWN;
    return { handler, payload: { members, value } satisfies RoomMessage };
  } catch (error) {
    if (error instanceof JsonError) return { handler: NOT_JSON, payload: undefined };
    throw error;
  }
}
