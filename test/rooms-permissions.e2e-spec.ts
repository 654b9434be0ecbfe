import { answer } from './support/http-app.js';
import {
  BOOTSTRAP,
  publication,
  refusal,
  roomsOfTest,
  settled,
  subscribe,
  SUCCESS,
  V1,
} from './support/rooms.js';
import { deferred, eventually } from './support/wait.js';

const ROOM = { target: 'message', customer: '1' };
const OTHER = { target: 'message', customer: '2' };
const ANY = { target: 'message', customer: '*' };

function ended(room: object, requestId: unknown): object {
  return { type: 'unsubscribe', ...refusal('room-not-found'), room, requestId };
}

describe('allowed rooms that are asked for again on demand', () => {
  const stage = roomsOfTest();

  it('end the subscriptions that they do not cover any more, with a message for each; others stay', async () => {
    stage.allowed = [ROOM, OTHER, { a: 1 }];
    const client = await stage.connect();
    for (const [room, id] of [
      [ROOM, 1],
      [ROOM, '1'],
      [OTHER, 1],
      [{ a: 1 }, 'kept'],
    ] as const) {
      expect(await client.ask(subscribe(room, id))).toEqual(SUCCESS);
    }
    stage.allowed = [OTHER, { a: '*' }];
    await stage.kittiwake.renewRooms();
    expect(await settled(client)).toEqual([ended(ROOM, 1), ended(ROOM, '1')]);
    expect(await stage.reached([ANY, { a: 1 }], 'D')).toBe(2);
    expect(await settled(client)).toEqual([publication('D', 1), publication('D', 'kept')]);
    expect(await client.ask({ type: 'unsubscribe', requestId: '1' })).toEqual(refusal('not-subscribed'));
    expect(await client.ask({ type: 'unsubscribe', requestId: 1 })).toEqual(SUCCESS);
  });

  it('are told to clients with and without the sub-protocol alike', async () => {
    stage.allowed = [ROOM];
    const clients = [await stage.member({ R: ROOM }), await stage.member({ R: ROOM }, V1)];
    stage.allowed = [];
    await stage.kittiwake.renewRooms();
    for (const client of clients) expect(await settled(client)).toEqual([ended(ROOM, 'R')]);
  });

  it('are what later subscriptions are checked against', async () => {
    stage.allowed = [ROOM];
    const client = await stage.connect();
    stage.allowed = [OTHER];
    await stage.kittiwake.renewRooms();
    expect(await client.ask(subscribe(ROOM, 1))).toEqual(refusal('room-not-found'));
    expect(await client.ask(subscribe(OTHER, 1))).toEqual(SUCCESS);
  });

  it('are asked for with the headers of the handshake', async () => {
    await stage
      .open([], { headers: { Cookie: 'sessionid=abc' } }, '?token=T')
      .then((client) => client.next());
    await stage.kittiwake.renewRooms();
    const [first, second] = stage.app.requests;
    expect(second).toEqual(first);
  });

  it('may be those of one connection', async () => {
    stage.allowed = [ROOM];
    const [client, other] = [await stage.open([V1]), await stage.member({ R: ROOM })];
    const { connectionId } = (await client.next()) as { connectionId: string };
    await client.ask(subscribe(ROOM, 'R'));
    stage.allowed = [];
    await stage.kittiwake.renewRooms('unknown');
    expect(stage.app.requests).toHaveLength(2);
    await stage.kittiwake.renewRooms(connectionId);
    expect(await settled(client)).toEqual([ended(ROOM, 'R')]);
    expect(await settled(other)).toEqual([]);
    expect(await stage.reached([ROOM], 1)).toBe(1);
  });

  it('are none when the client is refused; it stays connected, and may be allowed again', async () => {
    stage.allowed = [ROOM];
    const client = await stage.member({ R: ROOM });
    stage.bootstrap = (response) => answer(response, '', { status: 403 });
    await stage.kittiwake.renewRooms();
    expect(await settled(client)).toEqual([ended(ROOM, 'R')]);
    expect(await client.ask(subscribe(ROOM, 'R'))).toEqual(refusal('room-not-found'));
    stage.bootstrap = (response) => answer(response, JSON.stringify({ allowed_rooms: [ROOM] }));
    await stage.kittiwake.renewRooms();
    expect(await client.ask(subscribe(ROOM, 'R'))).toEqual(SUCCESS);
  });

  it.each(['is unreachable', 'answers what cannot be understood'])(
    'stay as they were when the app %s',
    async (how) => {
      const warnings = stage.warnings();
      stage.allowed = [ROOM, OTHER];
      const client = await stage.member({ R: ROOM });
      if (how === 'is unreachable') await stage.app.stop();
      else stage.bootstrap = (response) => answer(response, '{"allowed_rooms": 1}');
      await stage.kittiwake.renewRooms();
      expect(warnings).toEqual([expect.stringContaining('could not be renewed')]);
      expect(await settled(client)).toEqual([]);
      expect(await client.ask(subscribe(OTHER, 'R'))).toEqual(SUCCESS);
      expect(await stage.reached([ANY], 'D')).toBe(2);
    },
  );

  it('do not hold up the client meanwhile, and take no notice of one that leaves', async () => {
    stage.allowed = [ROOM];
    const client = await stage.member({ R: ROOM });
    const { promise, resolve } = deferred();
    stage.bootstrap = (response) => void promise.then(() => answer(response, '{}'));
    const renewed = stage.kittiwake.renewRooms();
    await stage.requests(BOOTSTRAP, 2);
    expect(await settled(client)).toEqual([]);
    expect(await stage.reached([ROOM], 1)).toBe(1);
    const warnings = stage.warnings();
    await client.close();
    resolve();
    await renewed;
    expect(warnings).toEqual([]);
  });
});

describe('allowed rooms that are asked for periodically', () => {
  const stage = roomsOfTest({ rooms: { renewalPeriod: '50ms' } });

  it('end subscriptions without anyone asking for it', async () => {
    stage.allowed = [ROOM, OTHER];
    const client = await stage.member({ R: ROOM, S: OTHER });
    await stage.requests(BOOTSTRAP, 3);
    expect(await settled(client)).toEqual([]);
    stage.allowed = [OTHER];
    expect(await client.next()).toEqual(ended(ROOM, 'R'));
    expect(await stage.reached([ANY], 'D')).toBe(1);
  });

  it('go on being asked for after the app was away', async () => {
    stage.allowed = [ROOM];
    const client = await stage.member({ R: ROOM });
    stage.bootstrap = (response) => response.destroy();
    const { length } = stage.app.requests;
    await stage.requests(BOOTSTRAP, length + 2);
    stage.bootstrap = (response) => answer(response, '{}');
    expect(await client.next()).toEqual(ended(ROOM, 'R'));
  });

  // Four seconds of 500s ended every subscription for good.
  it('stay as they were while the app stumbles', async () => {
    stage.allowed = [ROOM];
    const client = await stage.member({ R: ROOM });
    const statuses = [500, 503, 429, 408, 404];
    let stumbles = 0;
    stage.bootstrap = (response) => {
      stumbles++;
      answer(response, '{}', { status: statuses[stumbles % statuses.length]! });
    };
    await eventually(() => stumbles > statuses.length);
    expect(await settled(client)).toEqual([]);
    expect(await stage.reached([ROOM], 'D')).toBe(1);
    stage.bootstrap = (response) => answer(response, '', { status: 401 });
    expect(await client.next()).toMatchObject({ type: 'publish' });
    expect(await client.next()).toEqual(ended(ROOM, 'R'));
  });

  it('are not asked for when the client is gone', async () => {
    const [gone, client] = [
      await stage.open([], {}, '?token=gone'),
      await stage.open([], {}, '?token=there'),
    ];
    await Promise.all([gone.next(), client.next()]);
    const count = (token: string): number =>
      stage.app.requests.filter(({ headers }) => headers.authorization === `Token ${token}`).length;
    await gone.close();
    await stage.requests(BOOTSTRAP, count('gone') + count('there') + 2);
    const before = count('gone');
    await stage.requests(BOOTSTRAP, before + count('there') + 3);
    expect(count('gone')).toBe(before);
  });
});
