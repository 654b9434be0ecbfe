import { answer, type AppHandler } from './support/http-app.js';
import {
  joined,
  publication,
  refusal,
  settled,
  sharedRooms,
  subscribe,
  SUCCESS,
  unreadable,
  V1,
} from './support/rooms.js';
import { deferred } from './support/wait.js';

const ROOM = { target: 'message', customer: '1' };
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

const stage = sharedRooms();
let bootstrap: AppHandler;
beforeAll(() => (bootstrap = stage.bootstrap));
beforeEach(() => {
  stage.allowed = [ROOM];
  stage.bootstrap = bootstrap;
});

describe('with kittiwake.v1.json', () => {
  it('the sub-protocol is agreed on when it is among those that a client offers', async () => {
    for (const offered of [[V1], ['other', V1]]) {
      expect((await stage.connect(...offered)).webSocket.protocol).toBe(V1);
    }
  });

  it('the first frame has the id of the connection, another for each', async () => {
    const frames = [await (await stage.open([V1])).next(), await (await stage.open([V1])).next()];
    for (const frame of frames) {
      const connectionId = expect.stringMatching(UUID) as string;
      expect(frame).toMatchObject({ is_authorized: true, allowed_rooms: [ROOM], connectionId });
    }
    expect(frames[0]?.connectionId).not.toBe(frames[1]?.connectionId);
  });

  it('the first frame has the periods, the limits and the features', async () => {
    const { is_authorized, allowed_rooms, connectionId, ...others } = await (await stage.open([V1])).next();
    expect([is_authorized, allowed_rooms, connectionId]).not.toContain(undefined);
    expect(others).toEqual({
      ping_period: 15,
      idle: 300,
      limits: {
        frame_bytes: 1_048_576,
        outbox_bytes: 4_194_304,
        events_per_second: 5000,
        subscriptions: 10_000,
      },
      features: ['immediate-ping', 'report-drops'],
    });
  });

  it('a ping is answered at once, even before the app has said who may join what', async () => {
    const answered = deferred();
    stage.bootstrap = (response) =>
      void answered.promise.then(() => answer(response, JSON.stringify({ allowed_rooms: [] })));
    const client = await stage.open([V1]);
    client.send({ type: 'status' });
    expect(await client.send('ping').text()).toBe('pong');
    answered.resolve();
    expect(await client.next()).toMatchObject({ is_authorized: true });
    expect(await client.next()).toHaveProperty('open_connections');
  });

  it('an error of a message that cannot be read has the same id', async () => {
    const client = await stage.open([V1]);
    const { connectionId } = await client.next();
    expect(await client.ask('?')).toEqual({ ...unreadable('non-json-message'), requestId: connectionId });
    expect(await client.ask({ type: 'x', requestId: 1 })).toEqual({
      ...unreadable('message-type-not-allowed'),
      requestId: connectionId,
    });
  });

  it.each([1, 'R', '', null, 0, false])(
    'the request id %j comes back on success and error',
    async (requestId) => {
      const client = await stage.connect(V1);
      expect(await client.ask(subscribe(ROOM, requestId))).toEqual({ ...SUCCESS, requestId });
      expect(await client.ask(subscribe({}, requestId))).toEqual({ ...refusal('room-not-found'), requestId });
      const unsubscribe = { type: 'unsubscribe', requestId };
      expect(await client.ask(unsubscribe)).toEqual({ ...SUCCESS, requestId });
      expect(await client.ask(unsubscribe)).toEqual({ ...refusal('not-subscribed'), requestId });
    },
  );

  it('a request id comes back byte for byte', async () => {
    const client = await stage.connect(V1);
    client.send('{"type":"unsubscribe","requestId":12345678901234567890}');
    expect(await client.text()).toContain('"requestId":12345678901234567890');
  });

  it('an error for want of a request id has none', async () => {
    const client = await stage.connect(V1);
    expect(await client.ask({ type: 'subscribe', room: ROOM })).toEqual(refusal('no-request-id'));
  });

  it('a request id that is no scalar comes back with the error that says so', async () => {
    const client = await stage.connect(V1);
    const requestId = { a: [1] };
    expect(await client.ask(subscribe(ROOM, requestId))).toEqual({ ...refusal('no-request-id'), requestId });
  });

  it('publications, the status and pong are the same', async () => {
    const client = await joined(await stage.connect(V1), { R: ROOM });
    await stage.reached([ROOM], 'D');
    expect(await settled(client)).toEqual([publication('D', 'R')]);
    expect(await client.ask({ type: 'status', requestId: 1 })).not.toHaveProperty('requestId');
  });
});

describe('without the sub-protocol', () => {
  it("every frame is exactly High-Templar's", async () => {
    const client = await stage.open();
    expect(await client.text()).toBe(`{"is_authorized":true,"allowed_rooms":[${JSON.stringify(ROOM)}]}`);
    const messages = [
      subscribe(ROOM, 1),
      subscribe({}, 2),
      { type: 'unsubscribe', requestId: 1 },
      { type: 'unsubscribe', requestId: 1 },
      { type: 'subscribe', room: ROOM },
    ];
    for (const message of messages) client.send(message);
    expect(await settled(client)).toEqual([
      SUCCESS,
      refusal('room-not-found'),
      SUCCESS,
      refusal('not-subscribed'),
      refusal('no-request-id'),
    ]);
  });
});
