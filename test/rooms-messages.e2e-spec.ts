import { TestClient } from './support/client.js';
import {
  joined,
  publication,
  refusal,
  roomsOfTest,
  sharedRooms,
  settled,
  subscribe,
  SUCCESS,
  unreadable,
  V1,
} from './support/rooms.js';
import { eventually } from './support/wait.js';

const ROOM = { target: 'message', customer: '1' };
const OTHER = { target: 'message', customer: '2' };
const NOT_JSON = unreadable('non-json-message');
const NOT_ALLOWED = unreadable('message-type-not-allowed');
const ROOM_NOT_FOUND = refusal('room-not-found');

/** Replies to messages, which are sent at once. */
async function replies(client: TestClient, ...messages: unknown[]): Promise<unknown[]> {
  for (const message of messages) client.send(message);
  return settled(client);
}

describe('messages', () => {
  const stage = sharedRooms();
  beforeEach(() => {
    stage.allowed = [ROOM, OTHER];
  });

  it('ping is answered with pong, both bare texts', async () => {
    const client = await stage.connect();
    expect(await client.send('ping').text()).toBe('pong');
    expect(await client.send(Buffer.from('ping')).text()).toBe('pong');
  });

  it.each([
    '',
    'PING',
    'ping ',
    ' ping',
    'pong',
    '{',
    "{'type':'status'}",
    'undefined',
    '{"type":"status"}}',
  ])('text that is not JSON is answered with an error: %j', async (text) => {
    expect(await replies(await stage.connect(), text)).toEqual([NOT_JSON]);
  });

  it.each([
    '{}',
    '{"type":null}',
    '{"type":"Subscribe","room":{"target":"message","customer":"1"},"requestId":1}',
    '{"type":"STATUS"}',
    '{"type":"publish"}',
    '{"type":"ping"}',
    '{"type":"not-json"}',
    '{"type":"unknown"}',
    '{"type":"__proto__"}',
    '{"type":1}',
    '{"type":["status"]}',
    '{"Type":"status"}',
  ])('of other types are answered with an error: %s', async (text) => {
    expect(await replies(await stage.connect(), text)).toEqual([NOT_ALLOWED]);
  });

  it.each(['null', 'true', '0', '"ping"', '"status"', '[]', '[{"type":"status"}]'])(
    'that are JSON but no objects are answered with an error: %s',
    async (text) => {
      expect(await replies(await stage.connect(), text)).toEqual([NOT_ALLOWED]);
    },
  );

  it('in binary frames are understood, and those that are not UTF-8 answered with an error', async () => {
    const client = await stage.connect();
    const binary = Buffer.from(JSON.stringify(subscribe(ROOM, 1)));
    const broken = Buffer.from([0x22, 0xff, 0xfe, 0x22]);
    expect(await replies(client, binary, broken)).toEqual([SUCCESS, NOT_JSON]);
  });

  it('that cannot be read are all answered with the id of the connection, not that of the message', async () => {
    const [client, other] = [await stage.connect(), await stage.connect()];
    const messages = ['{', { type: 'x', requestId: 'mine' }, []];
    const ids = ((await replies(client, ...messages)) as { requestId: string }[]).map(
      ({ requestId }) => requestId,
    );
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).not.toBe('mine');
    expect(await replies(other, '{')).not.toEqual([expect.objectContaining({ requestId: ids[0] })]);
  });

  it('nested too deep are answered with an error', async () => {
    const text = `{"type":"subscribe","requestId":1,"room":${'['.repeat(600)}${']'.repeat(600)}}`;
    expect(await replies(await stage.connect(), text)).toEqual([NOT_JSON]);
  });

  it('are answered in order', async () => {
    const messages = [subscribe(ROOM, 1), '{', subscribe({}, 1), { type: 'unsubscribe', requestId: 1 }, {}];
    expect(await replies(await stage.connect(), ...messages)).toEqual([
      SUCCESS,
      NOT_JSON,
      ROOM_NOT_FOUND,
      SUCCESS,
      NOT_ALLOWED,
    ]);
  });
});

describe('subscribe', () => {
  const stage = sharedRooms({ limits: { subscriptionsPerSession: 5 } });
  const clients: TestClient[] = [];
  afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));

  async function connect(): Promise<TestClient> {
    const client = await stage.connect();
    clients.push(client);
    return client;
  }

  it('needs a request id, which is looked at before the permission', async () => {
    const client = await connect();
    expect(await replies(client, { type: 'subscribe', room: ROOM }, { type: 'subscribe' })).toEqual([
      refusal('no-request-id'),
      refusal('no-request-id'),
    ]);
  });

  it.each([{}, { a: 1 }, [], [1]])('does not take %j for a request id', async (requestId) => {
    stage.allowed = [ROOM];
    expect(await replies(await connect(), subscribe(ROOM, requestId))).toEqual([refusal('no-request-id')]);
    expect(await stage.reached([ROOM], 1)).toBe(0);
  });

  it.each([[undefined], [null], ['room'], [1], [true], [[]], [[ROOM]]])(
    'finds no room in %j',
    async (room) => {
      stage.allowed = [ROOM];
      expect(await replies(await connect(), subscribe(room, 1))).toEqual([ROOM_NOT_FOUND]);
    },
  );

  it.each([1, 0, -1.5, 'R', '', '1', true, false, null])(
    'takes the request id %j, which publications have with its type',
    async (requestId) => {
      stage.allowed = [ROOM];
      const client = await connect();
      expect(await client.ask(subscribe(ROOM, requestId))).toEqual(SUCCESS);
      await stage.reached([ROOM], { any: 'JSON' });
      expect(await settled(client)).toEqual([publication({ any: 'JSON' }, requestId)]);
    },
  );

  it('gives request ids back byte for byte', async () => {
    stage.allowed = [ROOM];
    const client = await connect();
    for (const id of ['12345678901234567890', '1.50', '"\\u0041\\/"']) {
      client.send(`{"type":"subscribe","room":${JSON.stringify(ROOM)},"requestId":${id}}`);
      expect(await client.next()).toEqual(SUCCESS);
      await stage.reached([ROOM], 1);
      expect(await client.text()).toBe(`{"type":"publish","data":1,"requestId":${id}}`);
      client.send(`{"type":"unsubscribe","requestId":${id}}`);
      expect(await client.next()).toEqual(SUCCESS);
    }
  });

  it('to one room under several request ids brings one publication for each', async () => {
    stage.allowed = [ROOM];
    const client = await connect();
    expect(await replies(client, subscribe(ROOM, 1), subscribe(ROOM, '1'))).toEqual([SUCCESS, SUCCESS]);
    expect(await stage.reached([ROOM], 'D')).toBe(2);
    expect(await settled(client)).toEqual([publication('D', 1), publication('D', '1')]);
  });

  it('to several rooms under one request id brings the publications of all', async () => {
    stage.allowed = [ROOM, OTHER];
    const client = await connect();
    expect(await replies(client, subscribe(ROOM, 1), subscribe(OTHER, 1))).toEqual([SUCCESS, SUCCESS]);
    await stage.reached([ROOM], 'one');
    await stage.reached([OTHER], 'two');
    expect(await settled(client)).toEqual([publication('one', 1), publication('two', 1)]);
  });

  it('of the same room and request id again is a success without effect', async () => {
    stage.allowed = [{ a: 1, b: 2 }];
    const client = await connect();
    const again = '{"type":"subscribe","room":{"b":2,"a":1},"requestId":1}';
    expect(await replies(client, subscribe({ a: 1, b: 2 }, 1), again)).toEqual([SUCCESS, SUCCESS]);
    expect(await stage.reached([{ a: 1, b: 2 }], 'D')).toBe(1);
    expect(await settled(client)).toEqual([publication('D', 1)]);
  });

  it('is limited in number', async () => {
    stage.allowed = [{ n: '*' }];
    const client = await connect();
    const messages = [1, 2, 3, 4, 5, 6, 1].map((n) => subscribe({ n }, 'R'));
    const answers = Array(7).fill(SUCCESS).with(5, refusal('too-many-subscriptions'));
    expect(await replies(client, ...messages)).toEqual(answers);
  });
});

describe('a permission', () => {
  const stage = sharedRooms();

  it.each<[allowed: object, wanted: object, isCovered: boolean]>([
    [{ a: 1, b: 'x' }, { b: 'x', a: 1 }, true],
    [{ a: { c: 1, d: [1, { e: 2 }] } }, { a: { d: [1, { e: 2 }], c: 1 } }, true],
    [{ a: '*' }, { a: 1 }, true],
    [{ a: '*' }, { a: null }, true],
    [{ a: '*' }, { a: { b: [1] } }, true],
    [{ a: '*' }, { a: '*' }, true],
    [{ a: '*', b: 1 }, { a: 'any', b: 1 }, true],
    [{}, {}, true],
    [{ a: 1.0 }, { a: 1 }, true],
    [{ a: 1 }, { a: '1' }, false],
    [{ a: 1 }, { a: true }, false],
    [{ a: 0 }, { a: false }, false],
    [{ a: null }, { a: 'null' }, false],
    [{ a: 'x' }, { a: 'X' }, false],
    [{ a: [1, 2] }, { a: [2, 1] }, false],
    [{ a: 1 }, { a: 1, b: 1 }, false],
    [{ a: 1, b: 1 }, { a: 1 }, false],
    [{ a: '*' }, {}, false],
    [{}, { a: 1 }, false],
    [{ a: 1 }, { a: '*' }, false],
    [{ a: 'x*' }, { a: 'xy' }, false],
    [{ a: { b: '*' } }, { a: { b: 1 } }, false],
    [{ '*': 1 }, { a: 1 }, false],
  ])('%j covers %j: %s', async (allowed, wanted, isCovered) => {
    stage.allowed = [allowed];
    const client = await stage.connect();
    expect(await client.ask(subscribe(wanted, 1))).toEqual(isCovered ? SUCCESS : ROOM_NOT_FOUND);
  });

  it('does not combine with others', async () => {
    stage.allowed = [
      { a: '*', b: 1 },
      { a: 1, b: '*' },
    ];
    expect(await (await stage.connect()).ask(subscribe({ a: 2, b: 2 }, 1))).toEqual(ROOM_NOT_FOUND);
  });
});

describe('unsubscribe', () => {
  const stage = roomsOfTest();
  const unsubscribe = (requestId?: unknown): object => ({ type: 'unsubscribe', requestId });

  beforeEach(() => {
    stage.allowed = [ROOM, OTHER];
  });

  it('needs the request id of a live subscription, with its type', async () => {
    const client = await stage.member({ 1: ROOM });
    const ids = [undefined, { a: 1 }, [], 2, 1, null];
    expect(await replies(client, ...ids.map(unsubscribe))).toEqual([
      ...Array<object>(3).fill(refusal('no-request-id')),
      ...Array<object>(3).fill(refusal('not-subscribed')),
    ]);
    expect(await stage.reached([ROOM], 1)).toBe(1);
  });

  it('ends all subscriptions of the request id, and no other', async () => {
    const client = await stage.connect();
    const messages = [subscribe(ROOM, 1), subscribe(OTHER, 1), subscribe(ROOM, 2), unsubscribe(1)];
    expect(await replies(client, ...messages)).toEqual(Array(4).fill(SUCCESS));
    expect(await stage.reached([ROOM, OTHER], 'D')).toBe(1);
    expect(await settled(client)).toEqual([publication('D', 2)]);
    expect(await client.ask(unsubscribe(1))).toEqual(refusal('not-subscribed'));
  });

  it('takes no notice of a room', async () => {
    const client = await stage.member({ R: ROOM });
    expect(await client.ask({ type: 'unsubscribe', requestId: 'R', room: OTHER })).toEqual(SUCCESS);
    expect(await stage.reached([ROOM], 1)).toBe(0);
  });

  it('ends what a request id is used for now, not what it was used for before', async () => {
    const client = await stage.connect();
    const messages = [
      subscribe(ROOM, 1),
      unsubscribe(1),
      subscribe(OTHER, 1),
      unsubscribe(1),
      unsubscribe(1),
    ];
    expect(await replies(client, ...messages)).toEqual([
      ...Array(4).fill(SUCCESS),
      refusal('not-subscribed'),
    ]);
    expect(await stage.reached([ROOM, OTHER], 1)).toBe(0);
  });

  it('of one connection leaves those of others', async () => {
    const [client, other] = [await stage.member({ R: ROOM }), await stage.member({ R: ROOM })];
    expect(await client.ask(unsubscribe('R'))).toEqual(SUCCESS);
    expect(await stage.reached([ROOM], 'D')).toBe(1);
    expect(await settled(other)).toEqual([publication('D', 'R')]);
    expect(await settled(client)).toEqual([]);
  });
});

describe('status', () => {
  const stage = roomsOfTest();

  it('tells what there is, and counts messages both ways', async () => {
    stage.allowed = [{ n: '*' }];
    const startedAt = Date.now();
    const client = await stage.member({ 1: { n: 1 }, 2: { n: 2 } });
    const other = await stage.member({ 1: { n: 1 } });
    await stage.reached([{ n: 1 }], 'D');
    await stage.reached([{ n: 3 }], 'D');
    client.send('?').send({}).send('ping');
    for (let frames = 0; frames < 4; frames++) await client.text();
    const report = await client.ask({ type: 'status', requestId: 1 });
    expect(report).toEqual({
      open_connections: 2,
      num_rooms: 2,
      online_since: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/),
      rabbitmq_messages_received: 0,
      ws_messages_received: 7,
      ws_messages_send: 2,
      ws_messages_send_error: 0,
      ws_messages_send_queued: 0,
    });
    // Without an offset it is local time, for JavaScript too.
    expect(Math.abs(new Date(report.online_since as string).getTime() - startedAt)).toBeLessThan(10_000);
    await other.close();
    await eventually(async () => (await client.ask({ type: 'status' })).open_connections === 1);
  });

  it('counts rooms that have a subscription of any connection', async () => {
    stage.allowed = [{ n: '*' }];
    const rooms = async (): Promise<unknown> => (await client.ask({ type: 'status' })).num_rooms;
    const client = await stage.connect();
    expect(await rooms()).toBe(0);
    await joined(client, { 1: { n: '*' }, 2: { n: '*' }, 3: { n: 1 } });
    const other = await stage.member({ 1: { n: 1 }, 2: { n: 2 } });
    expect(await rooms()).toBe(3);
    await client.ask({ type: 'unsubscribe', requestId: '3' });
    expect(await rooms()).toBe(3);
    other.drop();
    await eventually(async () => (await rooms()) === 1);
  });
});

describe('a connection that ends', () => {
  const stage = roomsOfTest();

  it.each(['close', 'drop'] as const)('by %s ends its subscriptions', async (how) => {
    stage.allowed = [ROOM];
    const client = await stage.member({ R: ROOM, S: ROOM });
    expect(await stage.reached([ROOM], 1)).toBe(2);
    await client[how]();
    await eventually(async () => (await stage.reached([ROOM], 1)) === 0);
  });
});

describe('what a client has the gateway keep', () => {
  const stage = roomsOfTest();

  it('is bounded in length', async () => {
    stage.allowed = [{ name: '*' }];
    const client = await stage.connect();
    const room = (length: number): object => ({ name: 'x'.repeat(length - '{"name":""}'.length) });
    expect(await client.ask(subscribe(room(16_384), 'x'.repeat(1022)))).toEqual(SUCCESS);
    expect(await client.ask(subscribe(room(16_385), 'R'))).toEqual(refusal('room-too-long'));
    expect(await client.ask(subscribe({ name: 1 }, 'x'.repeat(1023)))).toEqual(
      refusal('request-id-too-long'),
    );
  });

  it('does not grow with the request ids that a large trigger is copied for', async () => {
    stage.allowed = [{ name: '*' }];
    const client = await stage.connect();
    const ids = Array.from({ length: 3000 }, (_, id) => id);
    await replies(client, ...ids.map((id) => subscribe({ name: 1 }, id)));
    const before = process.memoryUsage().rss;
    const reached = await stage.reached([{ name: 1 }], 'x'.repeat(500_000));
    expect(reached).toBeLessThan(3000);
    expect(process.memoryUsage().rss - before).toBeLessThan(500_000_000);
    await client.untilClosed();
  });
});

describe('1,500 rooms on one connection', () => {
  const stage = roomsOfTest();

  it('are joined, triggered each by itself and all at once, and left', async () => {
    stage.allowed = [{ target: 'message', customer: '*' }];
    const client = await stage.connect();
    const rooms = Array.from({ length: 1500 }, (_, customer) => ({ target: 'message', customer }));
    const all = await replies(client, ...rooms.map((room, index) => subscribe(room, index)));
    expect(all).toEqual(Array(1500).fill(SUCCESS));
    expect(await client.ask({ type: 'status' })).toHaveProperty('num_rooms', 1500);
    expect(await stage.reached([rooms[749]], 'one')).toBe(1);
    expect(await settled(client)).toEqual([publication('one', 749)]);
    expect(await stage.reached([{ target: 'message', customer: '*' }], 'all')).toBe(1500);
    const got = (await settled(client)).map(({ requestId }) => requestId as number);
    expect(got.toSorted((a, b) => a - b)).toEqual(rooms.map(({ customer }) => customer));
    const left = await replies(client, ...rooms.map((_, requestId) => ({ type: 'unsubscribe', requestId })));
    expect(left).toEqual(Array(1500).fill(SUCCESS));
    expect(await client.ask({ type: 'status' })).toHaveProperty('num_rooms', 0);
  });
});

describe('a client that sends nothing', () => {
  const stage = roomsOfTest({ rooms: { idle: '500ms' }, ping: { interval: '100ms' } });

  it('is closed without a frame, though it answers pings of the protocol; others stay, whatever they send', async () => {
    const [silent, extended] = [await stage.connect(), await stage.connect(V1)];
    const messages = ['ping', '?', '{"type":"status"}'];
    const talking = await Promise.all(messages.map(() => stage.connect()));
    const timer = setInterval(() => talking.forEach((client, index) => client.send(messages[index])), 50);
    try {
      expect(await silent.untilClosed()).toEqual({ code: 1000, reason: '' });
      expect(await extended.untilClosed()).toEqual({ code: 4408, reason: 'Idle for too long.' });
      expect([...silent.frames, ...extended.frames]).toEqual([]);
      expect(talking.map(({ closed }) => closed)).toEqual([undefined, undefined, undefined]);
    } finally {
      clearInterval(timer);
    }
  });
});

describe('a client that sends nothing, where there is no limit', () => {
  const stage = roomsOfTest({ rooms: { idle: '0s' }, limits: { idle: '200ms' } });

  it('stays, whatever holds for topics', async () => {
    const client = await stage.connect();
    const other = await TestClient.connect(`ws://127.0.0.1:${stage.gateway.port}/topics`);
    await other.untilClosed();
    expect(await settled(client)).toEqual([]);
  });
});
