import { jest } from '@jest/globals';
import { BROKER, type Broker } from '../src/broker/broker.js';
import type { KittiwakeOptions } from '../src/config/options.js';
import { Connections } from '../src/connection/connections.js';
import { RoomsApp } from '../src/rooms/admission/rooms-app.js';
import { TestClient } from './support/client.js';
import { post } from './support/client-control.js';
import { API_KEY, TestGateway } from './support/gateway.js';
import { answer } from './support/http-app.js';
import { RedisServer } from './support/redis-server.js';
import { BOOTSTRAP, RoomsStage, V1 } from './support/rooms.js';
import { StreamClient } from './support/stream-client.js';
import { deferred, eventually } from './support/wait.js';

const POSITION = expect.stringMatching(/^[\w-]+\.\d+$/) as string;
/** A number of seconds. */
const SOON = expect.any(Number) as number;
const ONLINE = '/api/online/';
const OFFLINE = '/api/offline/';
const OPTIONS: KittiwakeOptions = {
  services: { books: { requireAuthentication: false } },
  limits: { subscriptionsPerSession: 5, keptBytes: 24_000 },
  rooms: {
    api: { onConnect: 'online/', onDisconnect: 'offline/' },
    history: { size: 100 },
    presence: { key: 'user', grace: '10ms', show: 'members' },
  },
};

let stage: RoomsStage;
let lastId = 0;
/** Another one in each test. */
let room: { chat: number };

const ok = (event: string, ref: number, more: object = {}): object => ({ event, status: 'ok', ref, ...more });
const refused = (event: string, code: string, more: object = {}): object => ({
  event,
  status: 'error',
  error: expect.any(String) as string,
  code,
  ...more,
});
const join = (members: object = {}): object => ({ event: 'join', room, ...members });

/** A client of topics, whose first frame is not among the others. */
function connect(
  protocols = [V1],
  headers: Record<string, string> = {},
  { gateway } = stage,
  query = '',
): Promise<TestClient> {
  return TestClient.connect(`ws://127.0.0.1:${gateway.port}/topics${query}`, protocols, { headers });
}

/** How often the app was asked who may join what. */
function asked(): number {
  return stage.app.requests.filter(({ path }) => path === BOOTSTRAP).length;
}

async function subscribed(client: TestClient): Promise<TestClient> {
  expect(await client.ask({ event: 'subscribe', subscription: 'books.1' })).toMatchObject({ status: 'ok' });
  return client;
}

function nextRoom(): void {
  room = { chat: ++lastId };
}

describe('a client of topics with kittiwake.v1.json', () => {
  let says: Record<string, unknown>;
  const shared = new RoomsStage();
  beforeAll(() => shared.start(OPTIONS));
  beforeEach(() => {
    stage = shared;
    nextRoom();
    says = {};
    stage.allowed = [{ chat: '*' }];
    stage.bootstrap = (response) =>
      answer(response, JSON.stringify({ allowed_rooms: stage.allowed, ...says }));
    stage.app.requests.length = 0;
  });
  afterEach(async () => {
    for (const connection of stage.gateway.app.get(Connections).all) connection.terminate();
    await eventually(() => stage.gateway.app.get(Connections).count === 0);
    await stage.gateway.app.get(RoomsApp).drained();
  });
  afterAll(() => shared.stop());

  it('joins a room beside its topics, gets what is triggered there, and leaves', async () => {
    const client = await subscribed(await connect());
    expect((await client.greeting()).features).toContain('rooms');
    expect(asked()).toBe(0);
    expect(await client.ask(join({ id: 1 }))).toEqual(ok('join', 1, { id: 1 }));
    expect(await client.ask({ event: 'join', room: { chat: 'b' }, id: { a: 1 } })).toEqual(
      ok('join', 2, { id: { a: 1 } }),
    );
    expect(await client.ask(join({ id: 3 }))).toEqual(refused('join', 'already_joined', { id: 3 }));
    await stage.trigger({ rooms: [{ chat: 'b' }, room], data: [1.0, 12345678901234567890n.toString()] });
    const frames = [await client.text(), await client.text()];
    expect(frames.toSorted()).toEqual([
      '{"event":"trigger","ref":1,"data":[1,"12345678901234567890"]}',
      '{"event":"trigger","ref":2,"data":[1,"12345678901234567890"]}',
    ]);
    expect(await client.ask({ event: 'leave', ref: 1, id: 2 })).toEqual(ok('leave', 1, { id: 2 }));
    expect(await client.ask({ event: 'leave', ref: 1 })).toEqual(refused('leave', 'not_joined', { ref: 1 }));
    expect(await client.ask({ event: 'leave', ref: 'x' })).toEqual(refused('leave', 'not_joined'));
    await stage.trigger({ rooms: [room], data: 2 });
    await stage.gateway.publish({ subscription: 'books.1', data: 3 });
    expect(await client.next()).toMatchObject({ event: 'message', data: 3 });
    expect(await client.ask(join())).toEqual(ok('join', 1));
    expect(asked()).toBe(1);
    expect(await stage.gateway.metric('kittiwake_subscriptions', { kind: 'room' })).toBe(2);
  });

  it('is asked about with the headers and the query of its handshake, once for all that it sends together', async () => {
    const says = deferred();
    stage.bootstrap = (response) =>
      void says.promise.then(() => answer(response, JSON.stringify({ allowed_rooms: [room] })));
    const headers = { Cookie: 'csrftoken=C', 'User-Agent': 'agent', 'X-Other': 'x' };
    const client = await connect([V1], headers, stage, '?token=T');
    client.send(join({ id: 1 })).send({ event: 'join', room: { chat: 'x' }, id: 2 });
    client.send({ event: 'subscribe', subscription: 'books.1', id: 3 });
    const [request] = await stage.requests(BOOTSTRAP);
    expect(request?.headers).toMatchObject({
      cookie: 'csrftoken=C',
      'x-csrftoken': 'C',
      'user-agent': 'agent',
      authorization: 'Token T',
    });
    expect(request?.headers).not.toHaveProperty('x-other');
    expect(await client.ask({ event: 'ping', data: 'overtakes' })).toEqual({
      event: 'pong',
      data: 'overtakes',
    });
    says.resolve();
    expect(await client.next()).toEqual(ok('join', 1, { id: 1 }));
    expect(await client.next()).toEqual(refused('join', 'room_not_found', { id: 2 }));
    expect(await client.next()).toMatchObject({ event: 'subscribe', status: 'ok', id: 3 });
    expect(asked()).toBe(1);
    const [told] = await stage.requests(ONLINE);
    expect(told?.headers).toMatchObject({ cookie: 'csrftoken=C' });
  });

  it('joins over plain HTTP as well, with the headers and the query of the request for the stream', async () => {
    const url = `${stage.gateway.httpUrl}/topics/stream`;
    const client = await StreamClient.connect(`${url}?token=T`, { Cookie: 'a=b' });
    Object.assign(client, { url });
    expect(await client.ask(join({ id: 1 }))).toEqual(ok('join', 1, { id: 1 }));
    await stage.trigger({ rooms: [room], data: 1 });
    expect(await client.next()).toEqual({ event: 'trigger', ref: 1, data: 1 });
    const [request] = await stage.requests(BOOTSTRAP);
    expect(request?.headers).toMatchObject({ cookie: 'a=b', authorization: 'Token T' });
  });

  it.each([
    ['forbidden', 403],
    ['service_unavailable', 500],
  ])('keeps its connection when it is not let in: %s', async (code, status) => {
    stage.bootstrap = (response) => response.writeHead(status).end();
    const client = await subscribed(await connect());
    for (const id of [1, 2])
      expect(await client.ask(join({ id }))).toEqual(refused('join', code, { id, retry_after: SOON }));
    expect(asked()).toBe(1);
    expect(await stage.gateway.metric('kittiwake_refusals_total', { kind: code })).toBe(2);
    await stage.gateway.publish({ subscription: 'books.1', data: 3 });
    expect(await client.next()).toMatchObject({ event: 'message', data: 3 });
    await client.close();
    expect(stage.app.requests.map(({ path }) => path)).not.toContain(OFFLINE);
  });

  it.each([
    ['no room', {}, 'room_not_found'],
    ['a room that is no object', { room: 'a' }, 'room_not_found'],
    ['a room that is not allowed', { room: { desk: 1 } }, 'room_not_found'],
    ['a long room', { room: { chat: 'x'.repeat(16_384) } }, 'room_too_long'],
    ['a position that is none', { room: { chat: 1 }, position: 1 }, 'invalid_position'],
    ['an id that is none', { room: { chat: 1 }, recover: true, was: 1 }, 'invalid_connection_id'],
  ])('is refused %s', async (_what, members, code) => {
    const client = await connect();
    expect(await client.ask({ event: 'join', ...members })).toEqual(refused('join', code));
  });

  it('is refused what is beyond the limits', async () => {
    const client = await connect();
    const large = (chat: number) => ({ event: 'join', room: { chat, text: 'x'.repeat(10_000) } });
    stage.allowed = [{ chat: '*', text: '*' }, { chat: '*' }];
    expect(await client.ask(large(1))).toEqual(ok('join', 1));
    expect(await client.ask(large(2))).toEqual(ok('join', 2));
    expect(await client.ask(large(3))).toEqual(refused('join', 'too_much_kept'));
    await client.ask({ event: 'leave', ref: 2 });
    expect(await client.ask(large(3))).toEqual(ok('join', 2));
    for (const ref of [3, 4, 5])
      expect(await client.ask(join({ room: { chat: ref } }))).toEqual(ok('join', ref));
    expect(await client.ask(join())).toEqual(refused('join', 'too_many_subscriptions'));
  });

  it('loses a room that the app does not allow any more, and keeps the others', async () => {
    const other = { chat: 'other' };
    const client = await connect();
    await client.ask(join());
    await client.ask({ event: 'join', room: other });
    stage.allowed = [other];
    await stage.kittiwake.renewRooms();
    const { error, code } = { error: 'Room not found.', code: 'room_not_found' };
    expect(await client.next()).toEqual({ event: 'leave', ref: 1, error, code });
    await stage.trigger({ rooms: [room, other], data: 1 });
    expect(await client.next()).toEqual({ event: 'trigger', ref: 2, data: 1 });
    expect(await client.ask(join())).toEqual(refused('join', 'room_not_found'));
    stage.allowed = [room, other];
    await stage.kittiwake.renewRooms();
    expect(await client.ask(join())).toEqual(ok('join', 3)); // not 1: a late `leave` must not end it
    expect(await client.ask({ event: 'leave', ref: 1 })).toEqual(refused('leave', 'not_joined', { ref: 1 }));
    for (const ref of [2, 3]) await client.ask({ event: 'leave', ref });
    expect(await client.ask(join())).toEqual(ok('join', 2));
  });

  it('comes back with a position, and gets what it has missed', async () => {
    const first = await connect();
    const { connection_id: was } = await first.greeting();
    const { position } = await first.ask(join({ recover: true }));
    expect(position).toEqual(POSITION);
    await stage.trigger({ rooms: [room], data: 1 });
    const live = await first.next();
    expect(live).toEqual({ event: 'trigger', ref: 1, data: 1, position: POSITION });
    await first.close();
    await stage.trigger({ rooms: [room], data: 'own', exclude: was });
    await stage.trigger({ rooms: [room], data: 2 });
    const again = await connect();
    const back = join({ position: live.position, was, id: 1 });
    expect(await again.ask(back)).toEqual(ok('join', 1, { recovered: true, id: 1 }));
    expect(await again.next()).toEqual({ event: 'trigger', ref: 1, data: 2, position: POSITION });
    await again.ask({ event: 'leave', ref: 1 });
    expect(await again.ask(join({ position: 'none.1' }))).toEqual(
      ok('join', 1, { recovered: false, reason: 'position_lost', position: POSITION }),
    );
  });

  it('sees who is present, under the number that it knows the room by', async () => {
    says = { user: 'ann' };
    const ann = await connect();
    await ann.ask({ event: 'join', room: { chat: 'other' } });
    expect(await ann.ask(join({ presence: true, id: 1 }))).toEqual(
      ok('join', 2, { id: 1, presence: { seq: 0, members: [{ key: 'ann' }] } }),
    );
    says = { user: 'bob' };
    const bob = await connect();
    expect(await bob.ask(join({ presence: 'count' }))).toMatchObject(
      ok('join', 1, { presence: { count: 2 } }),
    );
    expect(await ann.next()).toEqual({
      event: 'presence',
      ref: 2,
      seq: 1,
      join: [{ key: 'bob' }],
      leave: [],
    });
    says = { user: 'eve' };
    const eve = await stage.open([V1]);
    await eve.next();
    await eve.ask({ type: 'subscribe', room, requestId: 'R', presence: true });
    expect(await eve.next()).toMatchObject({
      type: 'presence',
      room,
      members: [{ key: 'ann' }, { key: 'bob' }, { key: 'eve' }],
    });
    expect(await ann.next()).toMatchObject({ event: 'presence', ref: 2, seq: 2, join: [{ key: 'eve' }] });
    await bob.ask({ event: 'leave', ref: 1 });
    expect(await ann.next()).toMatchObject({ event: 'presence', ref: 2, seq: 3, leave: ['bob'] });
    expect(await eve.next()).toMatchObject({ type: 'presence', room, leave: ['bob'] });
    expect(await eve.ask({ type: 'subscribe', room, requestId: 'S' })).toMatchObject({ code: 'success' });
    says = { user: 'ann', options: { presence: false } };
    await stage.kittiwake.renewRooms();
    expect(await ann.next()).toEqual({ event: 'presence', ref: 2, presence: false });
    await ann.ask({ event: 'leave', ref: 2 });
    expect(await ann.ask(join({ presence: true }))).toEqual(ok('join', 2, { presence: false }));
  });

  it('gets its number before what is triggered while it is found out who is present', async () => {
    const { presence } = stage.gateway.app.get<Broker>(BROKER);
    const [isRead, known] = [deferred(), deferred()];
    const read = presence.read.bind(presence);
    const spy = jest.spyOn(presence, 'read').mockImplementation(async (...args) => {
      isRead.resolve();
      await known.promise;
      return read(...args);
    });
    const client = await connect();
    client.send(join({ presence: 'count', id: 1 }));
    await isRead.promise;
    await stage.trigger({ rooms: [room], data: 1 });
    known.resolve();
    expect(await client.next()).toMatchObject({ event: 'join', status: 'ok', ref: 1 });
    expect(await client.next()).toEqual({ event: 'trigger', ref: 1, data: 1 });
    spy.mockRestore();
  });

  it('is one connection to operators and to services, with all that it has', async () => {
    const client = await subscribed(await connect());
    await client.ask(join());
    const listed = await fetch(
      `${stage.gateway.httpUrl}/connections?subscriptions=true&room=${encodeURIComponent(JSON.stringify(room))}`,
      { headers: { Authorization: `Bearer ${API_KEY}` } },
    );
    expect(await listed.json()).toMatchObject({
      connections: [{ endpoint: 'topics', subscriptions: 2, topics: ['books.1', JSON.stringify(room)] }],
      total: 1,
    });
    expect((await post(stage.gateway, '/unsubscribe', { room }))[1]).toMatchObject({ unsubscribed: 1 });
    expect(await client.next()).toMatchObject({ event: 'leave', ref: 1, code: 'room_not_found' });
    await client.ask(join());
    expect((await post(stage.gateway, '/disconnect', { room }))[1]).toMatchObject({ disconnected: 1 });
    expect(await client.untilClosed()).toMatchObject({ code: 4403 });
  });

  it('has the app told once that it came, and once that it has gone', async () => {
    const client = await subscribed(await connect([V1], { Cookie: 'a=b' }));
    await client.ask(join());
    await client.ask({ event: 'join', room: { chat: 'other' } });
    client.drop();
    const [told] = await stage.requests(OFFLINE);
    expect(told?.headers).toMatchObject({ cookie: 'a=b', 'kittiwake-reason': 'lost' });
    expect(stage.app.requests.map(({ path }) => path)).toEqual([BOOTSTRAP, ONLINE, OFFLINE]);
  });

  it('that goes while the app is asked is not let in, and is not said to have gone', async () => {
    const says = deferred();
    stage.bootstrap = (response) => void says.promise.then(() => answer(response, '{"allowed_rooms":[]}'));
    const client = await connect();
    client.send(join());
    await stage.requests(BOOTSTRAP);
    client.drop();
    await eventually(() => stage.gateway.app.get(Connections).count === 0);
    says.resolve();
    expect(await (await connect()).ask(join())).toEqual(refused('join', 'room_not_found'));
    expect(stage.app.requests.map(({ path }) => path)).toEqual([BOOTSTRAP, BOOTSTRAP, ONLINE]);
  });

  it('speaks otherwise as before where it has not agreed on the sub-protocol', async () => {
    const client = await connect([]);
    for (const event of ['join', 'leave'])
      expect(await client.send({ event, room, ref: 1, id: 1 }).text()).toBe(
        `{"event":"${event}","status":"error","error":"Event not found."}`,
      );
    expect(asked()).toBe(0);
  });
});

describe('a gateway', () => {
  it('without rooms knows no such events', async () => {
    const gateway = await TestGateway.start();
    const client = await TestClient.connect(gateway.url, [V1]);
    expect((await client.greeting()).features).not.toContain('rooms');
    const text = '"status":"error","error":"Event not found.","code":"event_not_found","id":1}';
    for (const event of ['join', 'leave'])
      expect(await client.send({ event, room: {}, id: 1 }).text()).toBe(`{"event":"${event}",${text}`);
    await gateway.stop();
  });

  it('tells a client that does not keep up how much it has missed', async () => {
    stage = new RoomsStage();
    await stage.start({ rooms: { slowConsumer: 'drop-oldest' }, limits: { outboxBytes: '1MiB' } });
    nextRoom();
    stage.allowed = [room];
    const client = await connect();
    await client.ask(join({ report_drops: true }));
    client.webSocket.pause();
    const dropped = () => stage.gateway.metric('kittiwake_drops_total', { reason: 'slow_consumer' });
    const data = 'd'.repeat(262_144);
    for (let n = 0; n < 1_000 && (await dropped()) < 5; n++) await stage.trigger({ rooms: [room], data });
    client.webSocket.resume();
    const frames = await client.settled();
    const told = frames.filter(({ event }) => event === 'dropped');
    expect(told).toEqual([{ event: 'dropped', ref: 1, count: await dropped() }]);
    await stage.stop();
  });

  it('does not ask about clients of an address that were refused too often', async () => {
    stage = new RoomsStage();
    await stage.start({ auth: { maxFailuresPerAddress: 1 } });
    stage.bootstrap = (response) => response.writeHead(401).end();
    nextRoom();
    expect(await (await connect()).ask(join())).toMatchObject({ code: 'forbidden', retry_after: SOON });
    expect(await (await connect()).ask(join())).toMatchObject({
      code: 'too_many_failures',
      retry_after: SOON,
    });
    expect(asked()).toBe(1);
    await stage.stop();
  });
});

describe('two nodes', () => {
  let redis: RedisServer;
  const [left, right] = [new RoomsStage(), new RoomsStage()];
  beforeAll(async () => {
    redis = await RedisServer.start();
    for (const node of [left, right]) {
      await node.start({ ...OPTIONS, broker: { kind: 'redis', redis: { url: redis.url } } });
      node.allowed = [{ chat: '*' }];
    }
    nextRoom();
  }, 60_000);
  afterAll(async () => {
    await Promise.all([left.stop(), right.stop()]);
    await redis.stop();
  });

  it('share what is triggered, who is present, and the history; one that stops tells the app of the end', async () => {
    const [one, other] = [await connect([V1], {}, left), await connect([V1], {}, right)];
    await one.ask(join({ recover: true }));
    await other.ask(join({ presence: 'count' }));
    await left.trigger({ rooms: [room], data: 1 });
    const missed = await one.next();
    expect(missed).toEqual({ event: 'trigger', ref: 1, data: 1, position: POSITION });
    expect(await other.next()).toEqual({ event: 'trigger', ref: 1, data: 1 });
    await left.gateway.stop();
    expect(await one.untilClosed()).toMatchObject({ code: 1012 });
    const [told] = await left.requests(OFFLINE);
    expect(told?.headers).toMatchObject({ 'kittiwake-reason': 'closed' });
    await right.trigger({ rooms: [room], data: 2 });
    const back = await connect([V1], {}, right);
    expect(await back.ask(join({ position: missed.position }))).toMatchObject({ recovered: true });
    expect(await back.next()).toEqual({ event: 'trigger', ref: 1, data: 2, position: POSITION });
  });
});
