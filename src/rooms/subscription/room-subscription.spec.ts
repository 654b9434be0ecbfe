import type { Connection } from '../../connection/connection.js';
import { Fanout } from '../../delivery/fanout.js';
import type { JsonText } from '../../protocol/json/json.js';
import { RoomEnvelope } from './room-envelope.js';
import { RoomSubscription } from './room-subscription.js';
import { MESSAGE_WORDING } from './room-wording.js';
import { Room } from '../room/room.js';
import { Trigger } from '../room/trigger.js';

const trigger = Trigger.parse('{"rooms":[{"a":1}],"data":2,"exclude":"sender"}', 10);

/** The frames that a connection was sent of a trigger. */
function sentTo(connectionId: string, isOpen: boolean): string[] {
  const sent: string[] = [];
  const connection = { isOpen, send: (frame: Buffer) => sent.push(frame.subarray(2).toString()) };
  const room = Room.parse('{"a":1}' as JsonText)!;
  const requestId = '"R"' as JsonText;
  const envelope = new RoomEnvelope(MESSAGE_WORDING, requestId, false);
  const fanout = new Fanout(trigger);
  const member = {
    connection: connection as unknown as Connection,
    id: connectionId,
    wording: MESSAGE_WORDING,
  };
  new RoomSubscription(member, { room, requestId, reportsDrops: false }, { envelope }).deliver(fanout);
  expect(fanout.delivered).toBe(sent.length);
  return sent;
}

describe('a trigger', () => {
  it('reaches a connection that is open', () => {
    expect(sentTo('other', true)).toEqual(['{"type":"publish","data":2,"requestId":"R"}']);
  });

  it('is not made for a connection that is closing, nor for the excluded one', () => {
    expect(sentTo('other', false)).toEqual([]);
    expect(sentTo('sender', true)).toEqual([]);
  });
});
