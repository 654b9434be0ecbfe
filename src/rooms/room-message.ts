import type { DecodedFrame } from '../connection/endpoint/endpoint.js';
import type { InputBounds } from '../protocol/json/bounds.js';
import { JsonDocument } from '../protocol/json/json-document.js';
import { isObject, JsonError, type JsonMembers } from '../protocol/json/json.js';

/** Messages that clients may send, by their `type`; the names are case sensitive. */
const TYPES = new Set(['subscribe', 'unsubscribe', 'status']);

/** Handlers for what is not one of these: bare text, text that is not JSON, and messages of other types. */
export const ROOM_PING = 'ping';
export const ROOM_NOT_JSON = 'not-json';
export const ROOM_UNKNOWN = 'unknown';

/** A message of a client. */
export interface RoomMessage {
  readonly members: JsonMembers;
  readonly value: Readonly<Record<string, unknown>>;
}

const PING_FRAME = Buffer.from(ROOM_PING);

/** Whether a frame is a ping. */
export function isRoomPing(frame: Buffer): boolean {
  return PING_FRAME.equals(frame);
}

/** Reads a frame of a client. */
export function decodeRoomMessage(frame: Buffer, bounds?: InputBounds): DecodedFrame {
  if (isRoomPing(frame)) return { handler: ROOM_PING, payload: undefined };
  try {
    const { value, members } = JsonDocument.read(frame, bounds && { bounds });
    if (!isObject(value) || !members) return { handler: ROOM_UNKNOWN, payload: undefined };
    const handler = typeof value.type === 'string' && TYPES.has(value.type) ? value.type : ROOM_UNKNOWN;
    return { handler, payload: { members, value } satisfies RoomMessage };
  } catch (error) {
    if (error instanceof JsonError) return { handler: ROOM_NOT_JSON, payload: undefined };
    throw error;
  }
}
