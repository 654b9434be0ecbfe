import { jest } from '@jest/globals';
import { BROKER, type Broker } from '../src/broker/broker.js';
import { RoomRelay } from '../src/rooms/relay/room-relay.js';
import type { TestClient } from './support/client.js';
import { RedisServer } from './support/redis-server.js';
import {
  joined,
  publication,
  RoomsStage,
  settled,
  sharedRooms,
  subscribe,
  SUCCESS,
  V1,
} from './support/rooms.js';
import { TcpProxy } from './support/tcp-proxy.js';
import { eventually } from './support/wait.js';

const ROOM = { target: 'message', customer: '1' };
const OTHER = { target: 'message', customer: '2' };
const ANY = { target: 'message', customer: '*' };
const POSITION = expect.stringMatching(/^[\w-]+\.\d+$/) as string;
const ALLOWED = [{ target: '*', customer: '*' }];

interface Triggered {
  readonly status: string;
  readonly reached: number;
  readonly position: string;
  readonly repeated?: true;
}

async function trigger(
  stage: RoomsStage,
  rooms: object[],
  data: unknown,
  members: object = {},
  headers: Record<string, string> = {},
): Promise<Triggered> {
  const response = await stage.trigger({ rooms, data, ...members }, '/trigger', headers);
  return (await response.json()) as Triggered;
}

/** A client of our sub-protocol that has subscribed, and the reply. */
async function subscribed(
  stage: RoomsStage,
  members: object = { recover: true },
  room: object = ROOM,
): Promise<[TestClient, Record<string, unknown>]> {
  const client = await stage.connect(V1);
  return [client, await client.ask({ ...subscribe(room, 'R'), ...members })];
}

const positioned = (data: unknown, position: unknown = POSITION): object => ({
  ...publication(data, 'R'),
  position,
});

describe('rooms with a history', () => {
  const stage = sharedRooms({ rooms: { history: { size: 50 } } });
  beforeEach(() => (stage.allowed = ALLOWED));

  it('say so, and answer triggers with their position, once each has reached who is here', async () => {
    const client = await stage.open([V1]);
    expect(await client.next()).toMatchObject({ features: ['immediate-ping', 'report-drops', 'recover'] });
    await joined(client, { R: ROOM });
    const reply = await trigger(stage, [ROOM], 1);
    expect(reply).toEqual({ status: 'ok', reached: 1, position: POSITION });
    expect(await stage.kittiwake.trigger([ROOM], 2)).toEqual({
      reached: 1,
      position: POSITION,
      isRepeated: false,
    });
    expect(await settled(client)).toEqual([publication(1, 'R'), publication(2, 'R')]);
  });

  it('take a trigger once by its idempotency key, however it is given', async () => {
    const KEYED = { target: 'keyed', customer: '1' };
    const client = await stage.member({ R: KEYED });
    const first = await trigger(stage, [KEYED], 'once', {}, { 'Idempotency-Key': 'k' });
    expect(first).toMatchObject({ status: 'ok', reached: 1 });
    const again = { status: 'ok', reached: 0, position: first.position, repeated: true };
    expect(await trigger(stage, [KEYED], 'once', { idempotency_key: 'k' })).toEqual(again);
    const { reached, position } = again;
    const made = await stage.kittiwake.trigger([KEYED], 'once', { idempotencyKey: 'k' });
    expect(made).toEqual({ reached, position, isRepeated: true });
    expect((await stage.trigger({ rooms: [KEYED], data: 1, idempotency_key: 7 })).status).toBe(400);
    expect(await settled(client)).toEqual([publication('once', 'R')]);
  });

  it('have clients without the sub-protocol, and those that do not ask, as they were', async () => {
    const old = await stage.connect();
    expect(await old.ask({ ...subscribe(ROOM, 'R'), recover: true, position: 'x.1' })).toEqual(SUCCESS);
    const [plain, reply] = await subscribed(stage, {});
    expect(reply).toEqual({ ...SUCCESS, requestId: 'R' });
    await trigger(stage, [ROOM], 'a');
    for (const client of [old, plain])
      expect(await client.text()).toBe('{"type":"publish","data":"a","requestId":"R"}');
  });

  it('give a client that comes back what it has missed, once and in order, and then what is live', async () => {
    const [client, reply] = await subscribed(stage, { recover: true }, ANY);
    expect(reply).toEqual({ ...SUCCESS, requestId: 'R', position: POSITION });
    const { position } = await trigger(stage, [ROOM], 'a');
    expect(await client.next()).toEqual(positioned('a', position));
    client.drop();
    await trigger(stage, [{ target: 'report', customer: '1' }], 'not for it');
    const missed = [await trigger(stage, [ROOM, OTHER], 'b'), await trigger(stage, [OTHER], 'c')];
    const [again, comeback] = await subscribed(stage, { position }, ANY);
    expect(comeback).toEqual({ ...SUCCESS, requestId: 'R', recovered: true });
    const live = await trigger(stage, [ROOM], 'd');
    expect(await again.next()).toEqual(positioned('b', missed[0]?.position));
    expect(await again.next()).toEqual(positioned('c', missed[1]?.position));
    expect(await again.next()).toEqual(positioned('d', live.position));
  });

  it('give all of it again when the client is cut off before it has come', async () => {
    const [client, { position }] = await subscribed(stage);
    client.drop();
    await trigger(stage, [ROOM], 'a');
    const [second, reply] = await subscribed(stage, { position });
    expect(reply).not.toHaveProperty('position');
    second.drop();
    const [third] = await subscribed(stage, { position });
    expect(await third.next()).toMatchObject({ data: 'a' });
  });

  it('keep from it what excluded it under the ids that it had, missed or live', async () => {
    const client = await stage.open([V1]);
    const { connectionId: was } = await client.next();
    const { position } = await client.ask({ ...subscribe(ROOM, 'R'), recover: true });
    client.drop();
    await trigger(stage, [ROOM], 'its own', { exclude: was });
    await trigger(stage, [ROOM], 'of others');
    const [second] = await subscribed(stage, { position, was });
    await trigger(stage, [ROOM], 'its own, late', { exclude: was });
    expect(await settled(second)).toEqual([positioned('of others')]);
    const [third] = await subscribed(stage, { position, was: ['another', was] });
    expect(await settled(third)).toEqual([positioned('of others')]);
  });

  it('show what was missed to nobody who may not join any more', async () => {
    const [client, { position }] = await subscribed(stage);
    client.drop();
    await trigger(stage, [ROOM], 'secret');
    stage.allowed = [];
    const [again, reply] = await subscribed(stage, { position });
    expect(reply).toMatchObject({ code: 'error', message: 'room-not-found' });
    expect(await settled(again)).toEqual([]);
  });

  it.each([
    ['gap_too_long', (position: string) => position],
    ['position_lost', () => 'another.1'],
    ['position_lost', () => 'no position'],
  ])('say why they cannot: %s', async (reason, given) => {
    const [client, { position }] = await subscribed(stage);
    client.drop();
    for (let number = 0; number < 51; number++) await trigger(stage, [OTHER], number);
    const [again, reply] = await subscribed(stage, { position: given(position as string) });
    expect(reply).toEqual({ ...SUCCESS, requestId: 'R', recovered: false, reason, position: POSITION });
    const { position: next } = await trigger(stage, [ROOM], 'live');
    expect(await again.next()).toEqual(positioned('live', next));
  });

  it('refuse what cannot be a position or an id', async () => {
    const error = (message: string): object => ({ code: 'error', message, requestId: 'R' });
    for (const position of [1, 'x'.repeat(65)])
      expect((await subscribed(stage, { position }))[1]).toEqual(error('invalid-position'));
    for (const was of [1, [null], 'x'.repeat(65), Array(17).fill('x')])
      expect((await subscribed(stage, { recover: true, was }))[1]).toEqual(error('invalid-connection-id'));
  });

  it('tell that triggers are lost to those who follow positions, and make the others come again', async () => {
    const [[client], other] = [await subscribed(stage), await stage.member({ R: ROOM })];
    const relay = stage.gateway.app.get(RoomRelay);
    relay.reset(relay.log!.top!);
    expect(await client.next()).toEqual({
      type: 'reset',
      reason: 'position_lost',
      position: relay.log!.top!.toString(),
      requestId: 'R',
    });
    await other.untilClosed();
    expect(client.closed).toBeUndefined();
  });

  it('answer many that come back at once with one look at what they have missed', async () => {
    const [client, { position }] = await subscribed(stage);
    client.drop();
    for (let number = 0; number < 40; number++) await trigger(stage, [ROOM], number);
    const clients = await Promise.all(Array.from({ length: 40 }, () => stage.connect(V1)));
    const { history } = stage.gateway.app.get<Broker>(BROKER);
    const read = jest.spyOn(history, 'read');
    for (const each of clients) each.send({ ...subscribe(ANY, 'R'), position });
    for (const each of clients) {
      expect(await each.next()).toMatchObject({ recovered: true });
      const data = (await settled(each)).map((frame) => frame['data']);
      expect(data).toEqual(Array.from({ length: 40 }, (_, number) => number));
    }
    expect(read.mock.calls.length).toBeLessThan(2);
    read.mockRestore();
  });
});

describe('rooms with a history that is checked often', () => {
  const stage = sharedRooms({ rooms: { history: {} }, history: { checkPeriod: '100ms' } });
  beforeEach(() => (stage.allowed = ALLOWED));

  it('tell a client in a quiet room the position now and then', async () => {
    const [client] = await subscribed(stage);
    const { position } = await trigger(stage, [OTHER], 'not for it');
    expect(await client.next()).toEqual({ type: 'position', position, requestId: 'R' });
  });
});

describe('rooms without a history', () => {
  const stage = sharedRooms();
  beforeEach(() => (stage.allowed = ALLOWED));

  it('say to a client that comes back that they keep none', async () => {
    expect((await subscribed(stage))[1]).toEqual({ ...SUCCESS, requestId: 'R' });
    expect((await subscribed(stage, { position: 'a.1' }))[1]).toEqual({
      ...SUCCESS,
      requestId: 'R',
      recovered: false,
      reason: 'position_lost',
    });
  });
});

describe('a client of rooms that does not keep up', () => {
  const stage = sharedRooms({
    rooms: { history: { size: 2000 }, slowConsumer: 'drop-oldest' },
    limits: { outboxBytes: '256KiB' },
  });
  beforeEach(() => (stage.allowed = ALLOWED));

  it('gets no positions while something waits for it, and the last one when nothing does', async () => {
    const [client] = await subscribed(stage);
    client.webSocket.pause();
    const data = 'x'.repeat(20_000);
    let last = '';
    for (let number = 0; number < 1000; number++) last = (await trigger(stage, [ROOM], data)).position;
    client.webSocket.resume();
    const frames: Record<string, unknown>[] = [];
    do frames.push(await client.next());
    while (frames.at(-1)!['type'] !== 'position' || frames.at(-1)!['position'] !== last);
    const without = frames.findIndex((frame) => !('position' in frame));
    expect(without).toBeGreaterThan(0);
    expect(frames.slice(without, -1).every((frame) => !('position' in frame))).toBe(true);
  });
});

describe('two gateways with a history of rooms on one Redis', () => {
  let redis: RedisServer;
  /** Before the Redis of the right one. */
  let proxy: TcpProxy;
  const [left, right] = [new RoomsStage(), new RoomsStage()];
  const nodes = [left, right];

  beforeAll(async () => {
    redis = await RedisServer.start();
    proxy = await TcpProxy.start(redis.port);
    for (const node of nodes) {
      const url = node === right ? `redis://127.0.0.1:${proxy.port}` : redis.url;
      await node.start({
        broker: { kind: 'redis', redis: { url } },
        rooms: { history: { size: 1000 } },
        services: { kept: { requireAuthentication: false, history: {} } },
      });
      node.allowed = ALLOWED;
    }
  }, 30_000);
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await proxy.stop();
    await redis.stop();
  });

  it('have one order, and give what was missed at one by the other', async () => {
    const [first, { position }] = await subscribed(left, { recover: true }, ANY);
    const [second] = await subscribed(right, { recover: true }, ANY);
    const number = 40;
    const all = Array.from({ length: number }, (_, index) => index);
    await Promise.all(all.map((index) => trigger(nodes[index % 2]!, [ROOM], index)));
    const ofFirst = await settled(first);
    await eventually(() => second.frames.length >= number);
    expect(await settled(second)).toEqual(ofFirst);
    expect(ofFirst.map((frame) => frame['data'] as number).toSorted((a, b) => a - b)).toEqual(all);
    first.drop();
    const [again, reply] = await subscribed(right, { position }, ANY);
    expect(reply).toMatchObject({ recovered: true });
    expect(await settled(again)).toEqual(ofFirst);
  });

  it('close nobody when Redis is lost for one of them, and catch up without anything new', async () => {
    const [client] = await subscribed(right);
    const plain = await right.member({ R: ROOM });
    proxy.turnTo(1);
    await eventually(async () => !(await fetch(`${right.gateway.httpUrl}/health/ready`)).ok);
    await trigger(left, [ROOM], 'meanwhile');
    proxy.turnTo(redis.port);
    expect(await client.next()).toMatchObject({ data: 'meanwhile', position: POSITION });
    expect(await plain.next()).toMatchObject({ data: 'meanwhile' });
  });
});
