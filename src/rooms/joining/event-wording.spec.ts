import type { JsonText } from '../../protocol/json/json.js';
import { Position } from '../../protocol/position.js';
import { RoomEnvelope } from '../subscription/room-envelope.js';
import { Trigger } from '../room/trigger.js';
import { EVENT_WORDING } from './event-wording.js';

const trigger = Trigger.parse('{"rooms":[{"a":1}],"data":{"b":2.0}}', 10);
const textOf = (frame: Buffer): string => frame.subarray(2).toString();

describe('a client that has joined a room on /ws', () => {
  const envelope = new RoomEnvelope(EVENT_WORDING, '7' as JsonText, true);

  it('gets triggers, with their positions if it asked for them', () => {
    trigger.position = undefined;
    expect(textOf(envelope.frame(trigger))).toBe('{"event":"trigger","ref":7,"data":{"b":2.0}}');
    trigger.position = new Position('e', 3);
    expect(textOf(envelope.frame(trigger))).toBe(
      '{"event":"trigger","ref":7,"data":{"b":2.0},"position":"e.3"}',
    );
    expect(textOf(envelope.plain!.frame(trigger))).toBe('{"event":"trigger","ref":7,"data":{"b":2.0}}');
  });

  it('is told of what it missed, and where it stands, as of topics', () => {
    expect(textOf(envelope.notice('dropped', '"count":2'))).toBe('{"event":"dropped","ref":7,"count":2}');
    expect(textOf(envelope.notice('position', '"position":"e.3"'))).toBe(
      '{"event":"position","ref":7,"position":"e.3"}',
    );
  });
});
