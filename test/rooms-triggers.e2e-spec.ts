import { jest } from '@jest/globals';
import type { KittiwakeOptions } from '../src/config/options.js';
import { API_KEY, TestGateway } from './support/gateway.js';
import {
  publication,
  refusal,
  RoomsStage,
  settled,
  sharedRooms,
  subscribe,
  SUCCESS,
  V1,
} from './support/rooms.js';

const ROOM = { target: 'message', customer: '1' };
const ANY = { target: 'message', customer: '*' };
const OTHER = { target: 'message', customer: '2' };
const EVERYTHING = { target: '*', customer: '*' };

function failure(error: unknown): object {
  return { status: 'error', error };
}

async function answerOf(response: Promise<Response>): Promise<[number, unknown]> {
  const answer = await response;
  return [answer.status, await answer.json()];
}

describe('a trigger over HTTP', () => {
  const stage = sharedRooms({
    publish: { maxBodyBytes: 2048, maxBatch: 5 },
    rooms: { maxRoomsPerTrigger: 3 },
  });
  beforeEach(() => {
    stage.allowed = [ROOM];
  });

  it.each(['/trigger', '/trigger/'])(
    'is taken at %s, and the answer says how many it reached',
    async (path) => {
      const [client, other] = [await stage.member({ R: ROOM, S: ROOM }), await stage.member({ T: ROOM })];
      expect(await answerOf(stage.trigger({ rooms: [ROOM], data: { any: 'JSON' } }, path))).toEqual([
        200,
        { status: 'ok', reached: 3 },
      ]);
      expect(await settled(client)).toEqual([
        publication({ any: 'JSON' }, 'R'),
        publication({ any: 'JSON' }, 'S'),
      ]);
      expect(await settled(other)).toEqual([publication({ any: 'JSON' }, 'T')]);
      await Promise.all([client.close(), other.close()]);
    },
  );

  it('may reach nobody, and name no room', async () => {
    for (const rooms of [[], [OTHER], [{}], [{ target: 'message' }]])
      expect(await stage.reached(rooms, 1)).toBe(0);
  });

  it('passes its data on byte for byte', async () => {
    const client = await stage.member({ R: ROOM });
    const data = String.raw`{"b":1.0,"a":[1e400,0.10,-0,12345678901234567890],"a":"\u00e9é\/", "":null}`;
    await stage.trigger(`{"data": ${data} ,"x":1,"rooms":[{"customer":"1","target":"message"}]}`);
    expect(await client.text()).toBe(`{"type":"publish","data":${data},"requestId":"R"}`);
    await client.close();
  });

  it.each([null, false, 0, '', [], {}, 'text', [1, [2]]])('may have the data %j', async (data) => {
    const client = await stage.member({ R: ROOM });
    await stage.reached([ROOM], data);
    expect(await settled(client)).toEqual([publication(data, 'R')]);
    await client.close();
  });

  it.each<[unknown, string | RegExp]>([
    ['', 'the body is empty'],
    ['{"rooms":[],"data":1', 'not JSON at position 20'],
    ['"text"', 'a trigger must be a JSON object'],
    ['null', 'a trigger must be a JSON object'],
    [{ data: 1 }, '"rooms" must be a list'],
    [{ rooms: null, data: 1 }, '"rooms" must be a list'],
    [{ rooms: ROOM, data: 1 }, '"rooms" must be a list'],
    [{ rooms: [ROOM] }, '"data" is missing'],
    [{ rooms: [ROOM, 'room'], data: 1 }, '"rooms[1]" must be a JSON object'],
    [{ rooms: [[]], data: 1 }, '"rooms[0]" must be a JSON object'],
    [{ rooms: [ROOM, ROOM, null], data: 1 }, '"rooms[2]" must be a JSON object'],
    [{ rooms: [ROOM, ROOM, ROOM, ROOM], data: 1 }, '"rooms" must not hold more than 3'],
    [{ rooms: [ROOM], data: 1, exclude: 5 }, '"exclude" must be the id of a connection'],
    [`{"rooms":[],"data":${'['.repeat(513)}${']'.repeat(513)}}`, 'nested deeper than 512'],
    [`{"rooms":[],"data":${'7'.repeat(1_001)}}`, 'too large: a number of more than 1000 digits'],
    [`{"rooms":[],"data":${'['.repeat(512)}${']'.repeat(512)}}`, 'nested deeper than 512'],
  ])('is refused with 400 that says where: %j', async (body, error) => {
    const client = await stage.member({ R: ROOM });
    expect(await answerOf(stage.trigger(body))).toEqual([400, failure(error)]);
    expect(await settled(client)).toEqual([]);
    await client.close();
  });

  it('is refused with 400 when it is not UTF-8', async () => {
    const response = fetch(`${stage.gateway.httpUrl}/trigger`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${API_KEY}` },
      body: new Uint8Array([0x22, 0xff, 0x22]),
    });
    expect(await answerOf(response)).toEqual([400, failure('the body is not UTF-8')]);
  });

  it('is refused with 413 when it is too large', async () => {
    const head = '{"rooms":[],"data":"';
    const body = (bytes: number): string => `${head}${'d'.repeat(bytes - head.length - 2)}"}`;
    expect(await answerOf(stage.trigger(body(2048)))).toEqual([200, { status: 'ok', reached: 0 }]);
    expect((await stage.trigger(body(2049))).status).toBe(413);
  });

  it('is refused with 401 without an API key', async () => {
    for (const path of ['/trigger', '/trigger/']) {
      for (const Authorization of ['', API_KEY, `Bearer ${API_KEY}x`]) {
        expect(await answerOf(stage.trigger({ rooms: [], data: 1 }, path, { Authorization }))).toEqual([
          401,
          failure('a valid API key is required'),
        ]);
      }
    }
  });

  it('is only taken by POST', async () => {
    const headers = { Authorization: `Bearer ${API_KEY}` };
    for (const method of ['GET', 'PUT']) {
      expect((await fetch(`${stage.gateway.httpUrl}/trigger`, { method, headers })).status).toBe(404);
    }
  });

  it('in a list with others gets its own result, in order', async () => {
    const client = await stage.member({ R: ROOM });
    const batch = [
      { rooms: [ROOM], data: 'first' },
      { rooms: [ROOM] },
      'text',
      { rooms: [1], data: 1 },
      { rooms: [ROOM, ROOM], data: 'last' },
    ];
    expect(await answerOf(stage.trigger(batch, '/trigger/'))).toEqual([
      200,
      {
        results: [
          { status: 'ok', reached: 1 },
          failure('item 1: "data" is missing'),
          failure('item 2: a trigger must be a JSON object'),
          failure('item 3: "rooms[0]" must be a JSON object'),
          { status: 'ok', reached: 1 },
        ],
      },
    ]);
    expect(await settled(client)).toEqual([publication('first', 'R'), publication('last', 'R')]);
    await client.close();
  });

  it('in a list that is not JSON, or too long, is refused with the whole list', async () => {
    expect(await answerOf(stage.trigger('[{"rooms":[],"data":1},{"rooms":[]]'))).toEqual([
      400,
      failure(expect.stringMatching(/^the body is not JSON at position 34$/)),
    ]);
    expect(await answerOf(stage.trigger(Array(6).fill({ rooms: [], data: 1 })))).toEqual([
      413,
      failure('a batch must not hold more than 5 triggers'),
    ]);
    expect(await answerOf(stage.trigger([]))).toEqual([200, { results: [] }]);
  });
});

describe('triggers over HTTP', () => {
  let gateway: TestGateway;
  const stage = new RoomsStage();

  async function start(options: KittiwakeOptions): Promise<void> {
    gateway = await TestGateway.start(options);
    stage.gateway = gateway;
  }

  afterEach(() => gateway.stop());

  it('are limited per second: those above are refused with 429, lists as a whole', async () => {
    await start({ publish: { maxPerSecond: 2 }, rooms: { api: { url: 'http://127.0.0.1:1/' } } });
    const one = { rooms: [], data: 1 };
    const now = jest.spyOn(performance, 'now').mockReturnValue(5000);
    try {
      expect((await stage.trigger(one)).status).toBe(200);
      expect(await answerOf(stage.trigger([one, one]))).toEqual([429, failure('too many triggers')]);
      expect((await stage.trigger(one)).status).toBe(200);
      expect((await stage.trigger(one)).status).toBe(429);
      now.mockReturnValue(6000);
      expect((await stage.trigger([one, one])).status).toBe(200);
    } finally {
      now.mockRestore();
    }
  });

  it.each(['/trigger', '/trigger/'])(
    'are refused with 404 at %s where rooms are not configured',
    async (path) => {
      await start({});
      expect((await stage.trigger({ rooms: [], data: 1 }, path)).status).toBe(404);
    },
  );

  it('are refused with 404 where publishing over HTTP is off', async () => {
    await start({ publish: { enabled: false }, rooms: { api: { url: 'http://127.0.0.1:1/' } } });
    expect((await stage.trigger({ rooms: [], data: 1 })).status).toBe(404);
  });
});

describe('a trigger in process', () => {
  const stage = sharedRooms();
  beforeEach(() => {
    stage.allowed = [ROOM];
  });

  it('says how many subscriptions it reached', async () => {
    const client = await stage.member({ R: ROOM, S: ROOM });
    expect(await stage.kittiwake.trigger([ROOM, OTHER], { a: [1] })).toEqual({
      reached: 2,
      isRepeated: false,
    });
    expect(await settled(client)).toEqual([publication({ a: [1] }, 'R'), publication({ a: [1] }, 'S')]);
    expect(await stage.gateway.metric('kittiwake_publications_total', { source: 'process' })).toBe(1);
    await client.close();
  });

  it('takes undefined data for null', async () => {
    const client = await stage.member({ R: ROOM });
    await stage.kittiwake.trigger([ROOM], undefined);
    expect(await settled(client)).toEqual([publication(null, 'R')]);
    await client.close();
  });

  it('throws when a room is not an object, or the data cannot be JSON', async () => {
    const { kittiwake } = stage;
    await expect(kittiwake.trigger([ROOM, [] as never], 1)).rejects.toThrow(
      '"rooms[1]" must be a JSON object',
    );
    await expect((async () => kittiwake.trigger([ROOM], 1n))()).rejects.toThrow(TypeError);
  });

  it('excludes the connection that it is told to', async () => {
    const client = await stage.open([V1]);
    const { connectionId: exclude } = (await client.next()) as { connectionId: string };
    await client.ask(subscribe(ROOM, 'R'));
    const other = await stage.member({ S: ROOM });
    expect(await stage.kittiwake.trigger([ROOM], 1, { exclude })).toMatchObject({ reached: 1 });
    expect(await settled(client)).toEqual([]);
    expect(await settled(other)).toEqual([publication(1, 'S')]);
    await Promise.all([client.close(), other.close()]);
  });
});

describe('a trigger that excludes a connection', () => {
  const stage = sharedRooms();

  it('goes to all others, whatever their sub-protocol', async () => {
    stage.allowed = [ROOM, ANY];
    const sender = await stage.member({ R: ROOM, S: ANY });
    const other = await stage.member({ T: ROOM });
    const { requestId: exclude } = await sender.ask('?');
    expect(await stage.reached([ROOM, ANY], 1, { exclude })).toBe(1);
    expect(await settled(sender)).toEqual([]);
    expect(await settled(other)).toEqual([publication(1, 'T')]);
    for (const nobody of [null, '', 'unknown'])
      expect(await stage.reached([ROOM], 2, { exclude: nobody })).toBe(3);
  });
});

describe('triggers and subscriptions with wildcards', () => {
  const stage = sharedRooms();
  let clients: Record<string, Awaited<ReturnType<RoomsStage['connect']>>>;

  beforeEach(async () => {
    stage.allowed = [EVERYTHING];
    clients = {};
    for (const room of [ROOM, OTHER, ANY, EVERYTHING]) {
      clients[JSON.stringify(room)] = await stage.member({ R: room });
    }
  });
  afterEach(() => Promise.all(Object.values(clients).map((client) => client.close())));

  it.each<[rooms: object[], reached: object[]]>([
    [[ROOM], [ROOM, ANY, EVERYTHING]],
    [[ANY], [ROOM, OTHER, ANY, EVERYTHING]],
    [[EVERYTHING], [ROOM, OTHER, ANY, EVERYTHING]],
    [[{ target: '*', customer: '2' }], [OTHER, ANY, EVERYTHING]],
    [[{ target: 'mail', customer: '*' }], [EVERYTHING]],
    [[{ target: 'message', customer: 1 }], [ANY, EVERYTHING]],
    [
      [ROOM, ROOM],
      [ROOM, ANY, EVERYTHING],
    ],
    [
      [ROOM, OTHER, ANY, EVERYTHING],
      [ROOM, OTHER, ANY, EVERYTHING],
    ],
    [[{ target: '*' }, { target: '*', customer: '*', more: '*' }, {}], []],
  ])('%j reaches %j, each subscription once', async (rooms, reached) => {
    expect(await stage.reached(rooms, 'D')).toBe(reached.length);
    const wanted = reached.map((room) => JSON.stringify(room));
    for (const [room, client] of Object.entries(clients)) {
      expect([room, await settled(client)]).toEqual([
        room,
        wanted.includes(room) ? [publication('D', 'R')] : [],
      ]);
    }
  });

  it('reach one connection once for each of its subscriptions', async () => {
    const client = clients[JSON.stringify(ROOM)]!;
    expect(await client.ask(subscribe(ANY, 'S'))).toEqual(SUCCESS);
    expect(await client.ask(subscribe(EVERYTHING, 'R'))).toEqual(SUCCESS);
    await stage.reached([ROOM, ANY], 'D');
    const got = (await settled(client)).map(({ requestId }) => requestId);
    expect(got.toSorted()).toEqual(['R', 'R', 'S']);
  });

  it('reach a subscription again with the next trigger', async () => {
    for (const data of [1, 2, 3]) await stage.reached([ROOM], data);
    expect(await settled(clients[JSON.stringify(ANY)]!)).toEqual(
      [1, 2, 3].map((data) => publication(data, 'R')),
    );
  });
});

describe('literal matching', () => {
  const stage = sharedRooms({ rooms: { matching: 'literal' } });

  it('takes rooms for what they are: a subscription gets a trigger as often as its room is listed', async () => {
    stage.allowed = [EVERYTHING];
    const client = await stage.member({ one: ROOM, any: ANY });
    expect(await stage.reached([ROOM], 1)).toBe(1);
    expect(await stage.reached([ANY], 2)).toBe(1);
    expect(await stage.reached([EVERYTHING], 3)).toBe(0);
    expect(await stage.reached([ROOM, ROOM, ANY, { customer: '1', target: 'message' }], 4)).toBe(4);
    expect(await settled(client)).toEqual([
      publication(1, 'one'),
      publication(2, 'any'),
      publication(4, 'one'),
      publication(4, 'one'),
      publication(4, 'any'),
      publication(4, 'one'),
    ]);
  });

  it('lets wildcards in allowed rooms cover any value all the same', async () => {
    stage.allowed = [ANY];
    const client = await stage.member({ R: ROOM });
    expect(await client.ask(subscribe(EVERYTHING, 1))).toEqual(refusal('room-not-found'));
  });
});

describe('many triggers', () => {
  const stage = sharedRooms();

  it('arrive in the order of their publication, in lists and one by one', async () => {
    stage.allowed = [EVERYTHING];
    const clients = [await stage.member({ R: ROOM }), await stage.member({ R: ANY })];
    const numbers = Array.from({ length: 300 }, (_, index) => index);
    const triggers = numbers.map((data) => ({ rooms: [ROOM], data }));
    await stage.trigger(triggers.slice(0, 250));
    for (const trigger of triggers.slice(250)) await stage.trigger(trigger);
    const expected = numbers.map((number) => publication(number, 'R'));
    for (const client of clients) expect(await settled(client)).toEqual(expected);
    expect(await stage.gateway.metric('kittiwake_publications_total', { source: 'http' })).toBe(300);
    expect(await stage.gateway.metric('kittiwake_deliveries_total')).toBe(600);
  });
});
