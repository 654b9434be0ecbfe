import type { RoomMatching } from '../../config/sections/rooms/rooms.settings.js';
import { ROOM_MATCHINGS } from '../../config/sections/rooms/rooms.settings.js';
import type { Connection } from '../../connection/connection.js';
import { loadSettings } from '../../config/loading/load-settings.js';
import { Metrics } from '../../metrics/metrics.js';
import { toJsonText } from '../../protocol/json/json.js';
import { Position } from '../../protocol/position.js';
import type { FollowingRoomSubscription } from '../subscription/following-room-subscription.js';
import { RoomHub } from '../relay/room-hub.js';
import { matchAgain, Returning, SharedFanouts } from './room-replays.js';
import { MESSAGE_WORDING } from '../subscription/room-wording.js';
import { Room } from '../room/room.js';
import { Trigger } from '../room/trigger.js';

const EPOCH = 'e';
const IDS = ['a', 'b', 'c'];

/** Numbers that are the same in each run. */
class Chance {
  constructor(private seed: number) {}

  below(limit: number): number {
    this.seed = (this.seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((this.seed / 2_147_483_648) * limit);
  }

  of<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }
}

function roomOf(chance: Chance): object {
  const values = ['1', '2', '*', 1];
  const keys = chance.of([['x'], ['x', 'y'], ['y', 'z']]);
  return Object.fromEntries(keys.map((key) => [key, chance.of(values)]));
}

function triggerOf(chance: Chance, offset: number): Trigger {
  const rooms = Array.from({ length: 1 + chance.below(3) }, () => roomOf(chance));
  const exclude = chance.below(3) === 0 ? chance.of([...IDS, 'before']) : null;
  const trigger = Trigger.parse(JSON.stringify({ rooms, data: offset, exclude }), 10);
  trigger.position = new Position(EPOCH, offset);
  return trigger;
}

/** A client of which the frames are kept. */
class Client {
  readonly wording = MESSAGE_WORDING;
  readonly frames: string[] = [];
  readonly connection = {
    isOpen: true,
    send: (frame: Buffer) => this.frames.push(frame.toString('latin1')),
  } as unknown as Connection;

  constructor(readonly id: string) {}

  follows(hub: RoomHub, room: object, maxHeldLength = 1_000_000): FollowingRoomSubscription {
    const interest = {
      room: Room.parse(toJsonText(room))!,
      requestId: toJsonText(this.id),
      reportsDrops: false,
    };
    return hub.follow(this, interest, { was: ['before'], maxHeldLength, top: () => undefined });
  }
}

function hubOf(matching: RoomMatching): RoomHub {
  const { metrics, rooms } = loadSettings({ rooms: { api: { url: 'http://127.0.0.1:1/' }, matching } });
  return new RoomHub(new Metrics(metrics), rooms!);
}

/** The frames of some subscriptions that come back: what they have missed, and after it what is live. */
async function cameBack(
  matching: RoomMatching,
  triggers: readonly Trigger[],
  wishes: readonly { readonly id: string; readonly room: object; readonly since: number }[],
): Promise<string[][]> {
  const hub = hubOf(matching);
  const clients = wishes.map(({ id }) => new Client(id));
  const returning = wishes.map(({ room, since }, index) => {
    const subscription = clients[index]!.follows(hub, room);
    return new Returning(subscription, new Position(EPOCH, since));
  });
  const live = Math.floor(triggers.length / 2);
  const until = triggers[live]!.position!;
  const matched = matchAgain(triggers.slice(0, live + 1), returning, matching);
  for (const trigger of triggers.slice(live)) hub.fanOut(trigger);
  await matched;
  const frames = new SharedFanouts();
  for (const each of returning) {
    const found = each.found(until, frames);
    if (typeof found === 'string') throw new Error(found);
    each.subscription.release(found);
  }
  return clients.map((client) => client.frames);
}

/** The frames that they would have been sent if they had been there. */
function stayed(
  matching: RoomMatching,
  triggers: readonly Trigger[],
  wishes: readonly { readonly id: string; readonly room: object; readonly since: number }[],
): string[][] {
  return wishes.map(({ id, room, since }) => {
    const hub = hubOf(matching);
    const client = new Client(id);
    client.follows(hub, room).release();
    for (const trigger of triggers) if (trigger.position!.offset > since) hub.fanOut(trigger);
    return client.frames;
  });
}

describe.each(ROOM_MATCHINGS)('what clients have missed, matched again as %s', (matching) => {
  it.each([1, 2, 3, 4, 5])('is what they would have got if they had stayed, seed %i', async (seed) => {
    const chance = new Chance(seed);
    const triggers = Array.from({ length: 300 }, (_, index) => triggerOf(chance, index + 1));
    const wishes = Array.from({ length: 40 }, () => ({
      id: chance.of(IDS),
      room: roomOf(chance),
      since: chance.below(150),
    }));
    const expected = stayed(matching, triggers, wishes);
    expect(expected.flat().length).toBeGreaterThan(300);
    expect(await cameBack(matching, triggers, wishes)).toEqual(expected);
  });
});

describe('what a client has missed', () => {
  it('is lost when it is more than may be sent at once', async () => {
    const client = new Client('a');
    const subscription = client.follows(hubOf('wildcard'), { x: '*' }, 10);
    const returning = new Returning(subscription, new Position(EPOCH, 0));
    const triggers = [1, 2, 3].map((offset) => {
      const trigger = Trigger.parse('{"rooms":[{"x":1}],"data":12}', 10);
      trigger.position = new Position(EPOCH, offset);
      return trigger;
    });
    await matchAgain(triggers, [returning], 'wildcard');
    expect(returning.found(new Position(EPOCH, 3), new SharedFanouts())).toBe('gap_too_long');
  });
});
