import { ClientSelectionError } from '../src/clients/client-selection.js';
import { Kittiwake } from '../src/kittiwake.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { ALL_ROOMS, ControlStage, post, tokenOf, V1 } from './support/client-control.js';
import { TestClient } from './support/client.js';
import type { TestGateway } from './support/gateway.js';
import { RedisServer } from './support/redis-server.js';

const BOTH = { complete: true, nodes: { asked: 2, answered: 2 } };
const GONE = { code: 4403, reason: 'Disconnected.' };

const stopped = stoppedAfterEach();
const stage = new ControlStage();
let redis: RedisServer;
let left: TestGateway;
let right: TestGateway;

beforeAll(async () => {
  redis = await RedisServer.start();
  await stage.start(2, { broker: { kind: 'redis', redis: { url: redis.url } } });
  [left, right] = stage.gateways as [TestGateway, TestGateway];
});
afterAll(async () => {
  await stage.stop();
  await redis.stop();
});

const kept = async (client: Promise<TestClient>): Promise<TestClient> => {
  const one = await client;
  stopped({ stop: () => one.drop() });
  return one;
};
const client = (gateway: TestGateway, token: string, topics?: string[], protocols?: string[]) =>
  kept(stage.client(gateway, token, topics, protocols));
const member = (gateway: TestGateway, rooms: object[], protocols?: string[]) =>
  kept(stage.member(gateway, rooms, protocols));

async function isThere(one: TestClient): Promise<boolean> {
  await one.untilSent();
  return one.closed === undefined;
}

describe('POST /disconnect', () => {
  it('closes all connections of an identity on all nodes, whatever they speak', async () => {
    const [ann, bob] = [tokenOf('ann'), tokenOf('bob')];
    const gone = [
      await client(left, ann),
      await client(right, ann),
      await kept(stage.caller(left, ann)),
      await kept(stage.caller(right, ann)),
    ];
    const other = await client(right, bob);
    expect(await post(left, '/disconnect', { identity: 'ann' })).toEqual([
      200,
      { status: 'ok', disconnected: 4, ...BOTH },
    ]);
    for (const one of gone) expect(await one.untilClosed()).toEqual(GONE);
    expect(await isThere(other)).toBe(true);
    expect((await post(left, '/disconnect', { identity: 'ann' }))[1]).toHaveProperty('disconnected', 0);
  });

  it('tells a number from a text, with all its digits', async () => {
    const [number, text] = [tokenOf(7), tokenOf('7')];
    const [gone, other] = [await client(right, number), await client(right, text)];
    expect((await post(left, '/disconnect', '{"identity":7.0}'))[1]).toHaveProperty('disconnected', 1);
    expect(await gone.untilClosed()).toEqual(GONE);
    expect(await isThere(other)).toBe(true);
  });

  it('closes by token, by connection, and by what is subscribed to', async () => {
    const one = tokenOf('ann', { jti: 'one' });
    const two = tokenOf('ann', { jti: 'two' });
    const [first, second] = [await client(right, one, ['books.1']), await client(right, two, ['books.2'])];
    const third = await member(right, [{ room: 1 }]);
    expect((await post(left, '/disconnect', { token_id: 'one' }))[1]).toHaveProperty('disconnected', 1);
    expect(await first.untilClosed()).toEqual(GONE);
    expect((await post(left, '/disconnect', { topic: 'books.2', identity: 'bob' }))[1]).toHaveProperty(
      'disconnected',
      0,
    );
    expect((await post(left, '/disconnect', { topic: 'books.2' }))[1]).toHaveProperty('disconnected', 1);
    expect(await second.untilClosed()).toEqual(GONE);
    expect((await post(left, '/disconnect', { room: { room: 2 } }))[1]).toHaveProperty('disconnected', 0);
    expect((await post(left, '/disconnect', { room: { room: 1 } }))[1]).toHaveProperty('disconnected', 1);
    expect(await third.untilClosed()).toEqual(GONE);
    const fourth = await client(right, two);
    const { connection_id: connection } = await fourth.greeting();
    for (const other of [{ token_id: 'one' }, { identity: 'bob' }, { topic: 'books.1' }])
      expect((await post(left, '/disconnect', { connection, ...other }))[1].disconnected).toBe(0);
    expect((await post(left, '/disconnect', { connection }))[1]).toEqual({
      status: 'ok',
      disconnected: 1,
      ...BOTH,
    });
    expect(await fourth.untilClosed()).toEqual(GONE);
  });

  it('may ask clients to come back', async () => {
    const one = await client(right, tokenOf('ann'));
    await post(left, '/disconnect', { identity: 'ann', reconnect: true });
    expect(await one.untilClosed()).toEqual({ code: 1012, reason: 'Please reconnect.' });
  });

  it('closes clients of the old protocols with a code of theirs', async () => {
    const shark = await client(right, tokenOf('ann'), ['books.1'], []);
    const templar = await member(right, ALL_ROOMS, []);
    await post(left, '/disconnect', { topic: 'books.1' });
    await post(left, '/disconnect', { room: ALL_ROOMS[0] });
    expect([await shark.untilClosed(), await templar.untilClosed()]).toEqual([
      { code: 1000, reason: '' },
      { code: 1000, reason: '' },
    ]);
  });

  it('forgets who a client was that has become another', async () => {
    const one = await client(right, tokenOf('ann', { jti: 'a' }));
    await one.ask({ event: 'auth', method: 'jwt', token: tokenOf('bob', { jti: 'b' }) });
    for (const who of [{ identity: 'ann' }, { token_id: 'a' }])
      expect((await post(left, '/disconnect', who))[1]).toHaveProperty('disconnected', 0);
    expect((await post(left, '/disconnect', { identity: 'bob' }))[1]).toHaveProperty('disconnected', 1);
  });

  it.each([
    ['nothing', {}, 'say which clients: one at least of identity, token_id, connection, topic, room'],
    ['what it does not know', { user: 1 }, 'there is no "user"'],
    ['an object as identity', { identity: {} }, 'identity must be a text, a number or a boolean'],
    ['nobody', { identity: '' }, 'identity must be a text, a number or a boolean'],
    ['a number as topic', { topic: 1 }, 'topic must be a text that is not empty'],
    ['a text as room', { room: 'a' }, 'room must be an object'],
    ['topic and room', { topic: 'a', room: {} }, 'topic and room exclude each other'],
    ['a flag that is none', { topic: 'a', reconnect: 1 }, 'reconnect must be true or false'],
    ['too long a topic', { topic: 'a'.repeat(20_000) }, 'topic must not exceed 16384 characters'],
    ['a list', [], 'the body must be a JSON object'],
    ['no JSON', '{', 'the body is not JSON'],
    ['no body', '', 'the body is not JSON'],
  ])('refuses %s', async (_, body, error) => {
    const other = await client(left, tokenOf('ann'));
    const [status, told] = await post(left, '/disconnect', body);
    expect([status, told.error]).toEqual([400, expect.stringContaining(error)]);
    expect(await isThere(other)).toBe(true);
  });

  it('refuses a body that is too long, and one without a key', async () => {
    expect((await post(left, '/disconnect', ' '.repeat(1_048_577)))[0]).toBe(413);
    expect((await post(left, '/disconnect', { identity: 'ann' }, 'wrong-key-of-sixteen'))[0]).toBe(401);
  });
});

describe('POST /unsubscribe', () => {
  const ENDED = { event: 'unsubscribe', error: 'Unauthorized.' };

  it('ends subscriptions to a topic on all nodes, and tells the clients', async () => {
    const [one, two] = [tokenOf('ann'), tokenOf('bob')];
    const clients = [
      await client(left, one, ['books.1', 'books.2']),
      await client(right, two, ['books.1']),
      await client(right, two, ['books.1'], []),
    ];
    expect(await post(left, '/unsubscribe', { topic: 'books.1' })).toEqual([
      200,
      { status: 'ok', unsubscribed: 3, ...BOTH },
    ]);
    const ended = { ...ENDED, subscription: 'books.1' };
    expect(await clients[0]!.next()).toEqual({ ...ended, code: 'unauthorized' });
    expect(await clients[2]!.next()).toEqual(ended);
    await left.publish([
      { subscription: 'books.1', data: 1 },
      { subscription: 'books.2', data: 2 },
    ]);
    expect(await clients[0]!.next()).toMatchObject({ subscription: 'books.2', data: 2 });
    expect(await clients[0]!.ask({ event: 'subscribe', subscription: 'books.1' })).toHaveProperty(
      'status',
      'ok',
    );
  });

  it('ends those of one identity, or all that a connection has', async () => {
    const [ann, bob] = [
      await client(right, tokenOf('ann'), ['books.1']),
      await client(left, tokenOf('bob'), ['books.1', 'books.2']),
    ];
    expect((await post(left, '/unsubscribe', { topic: 'books.1', identity: 'ann' }))[1].unsubscribed).toBe(1);
    expect(await ann.next()).toMatchObject({ ...ENDED, subscription: 'books.1' });
    const { connection_id: connection } = await bob.greeting();
    expect((await post(right, '/unsubscribe', { connection }))[1].unsubscribed).toBe(2);
    expect([await bob.next(), await bob.next()]).toMatchObject([
      { subscription: 'books.1' },
      { subscription: 'books.2' },
    ]);
  });

  it('ends those to a room, however its keys stand', async () => {
    const one = await member(right, [{ room: 1, floor: 2 }, { room: 2 }]);
    expect((await post(left, '/unsubscribe', '{"room":{"floor":2.0,"room":1}}'))[1].unsubscribed).toBe(1);
    expect(await one.next()).toEqual({
      type: 'unsubscribe',
      code: 'error',
      message: 'room-not-found',
      room: { room: 1, floor: 2 },
      requestId: 0,
    });
    expect((await post(left, '/unsubscribe', { room: { room: 1, floor: 2 } }))[1].unsubscribed).toBe(0);
  });
});

describe('in process', () => {
  it('disconnects and unsubscribes as over HTTP', async () => {
    const kittiwake = left.app.get(Kittiwake, { strict: false });
    const one = await client(right, tokenOf('ann', { jti: 'x' }), ['books.1']);
    const result = { count: 1, isComplete: true, nodes: BOTH.nodes };
    expect(await kittiwake.unsubscribe({ identity: 'ann', topic: 'books.1' })).toEqual(result);
    expect(await kittiwake.disconnect({ tokenId: 'x' }, { comesBack: true })).toEqual(result);
    expect(await one.untilClosed()).toHaveProperty('code', 1012);
    await expect(kittiwake.disconnect({})).rejects.toThrow(ClientSelectionError);
    const [room, { connection_id: connectionId }] = [
      await member(right, [{ room: 1 }]),
      await (await kept(TestClient.connect(right.url, [V1]))).greeting(),
    ];
    expect(await kittiwake.disconnect({ room: { room: 1 } })).toEqual(result);
    expect(await room.untilClosed()).toEqual(GONE);
    // It has said nothing yet.
    expect(await kittiwake.disconnect({ connectionId: connectionId as string })).toEqual(result);
  });
});
