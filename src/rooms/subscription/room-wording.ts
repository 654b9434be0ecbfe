import type { JsonText } from '../../protocol/json/json.js';

/** The words in which clients of one protocol are told of their subscriptions to rooms. */
export interface RoomWording {
  /** The mark that tells the envelopes for clients of this protocol from those for others. */
  readonly mark: string;
  /** The frame of a trigger: what is before its data, and what comes then, up to the end of the object. */
  trigger(requestId: JsonText): { readonly head: Buffer; readonly tail: string };
  /** A frame about a subscription. @param members what it says, one at least. */
  notice(name: string, members: string, requestId: JsonText): string;
  /** The beginning of frames about who is present in the room: an object without its end. */
  presence(requestId: JsonText, room: JsonText): string;
}

const TRIGGER_HEAD = Buffer.from('{"type":"publish","data":');

/** The words of High-Templar's protocol, and of what we add to it. */
export const MESSAGE_WORDING: RoomWording = {
  mark: '',
  trigger: (requestId) => ({ head: TRIGGER_HEAD, tail: `,"requestId":${requestId}` }),
  notice: (name, members, requestId) => `{"type":"${name}",${members},"requestId":${requestId}}`,
  presence: (_requestId, room) => `{"type":"presence","room":${room}`,
};

/** The same for subscriptions that may share an envelope. */
export function envelopeKey({ mark }: RoomWording, requestId: JsonText, hasPositions: boolean): string {
  return `${mark}${hasPositions ? '@' : ''}${requestId}`;
}
