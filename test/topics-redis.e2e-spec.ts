import { jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { Arrivals } from '../src/broker/redis/link/arrivals.js';
import type { KittiwakeOptions } from '../src/config/options.js';
import type { TestClient } from './support/client.js';
import { TestGateway } from './support/gateway.js';
import { RedisServer } from './support/redis-server.js';
import { KEPT, LIVE, stageOfFile, stageOfTest } from './support/topics.js';
import { deferred, eventually } from './support/wait.js';

let main: RedisServer;
let alt: RedisServer;
let redis: Redis;

beforeAll(async () => {
  [main, alt] = await Promise.all([RedisServer.start(), RedisServer.start()]);
  redis = new Redis(main.port);
});

afterAll(async () => {
  redis.disconnect();
  await Promise.all([main.stop(), alt.stop()]);
});

const configure = (app: string): KittiwakeOptions => ({
  broker: {
    kind: 'redis',
    redis: { url: main.url, prefix: 'kw:' },
    redisAlt: { url: alt.url, prefix: 'alt:' },
  },
  services: {
    books: { requireAuthentication: false, extraFields: ['extra'], filterFields: ['extra'] },
    asked: {
      requireAuthentication: false,
      authorizer: `${app}/authorizer`,
      beforeSubscribe: `${app}/before`,
      onUnsubscribe: `${app}/on-end`,
    },
    renewed: {
      requireAuthentication: false,
      authorizer: `${app}/renewal`,
      authorizationRenewalPeriod: '20ms',
    },
  },
});

const stage = stageOfFile(configure);

/** How many connections listen on the channel of a topic. */
async function listeners(topic: string): Promise<unknown> {
  return ((await redis.call('PUBSUB', 'NUMSUB', `kw:${topic}`)) as unknown[])[1];
}

const nobodyListens = (topic: string): Promise<unknown> =>
  eventually(async () => (await listeners(topic)) === 0, { what: 'the end of listening' });

/** Publishes on the channel of a topic; text and bytes go as they are. */
async function publish(topic: string, message: unknown): Promise<void> {
  const isRaw = typeof message === 'string' || Buffer.isBuffer(message);
  await redis.publish(`kw:${topic}`, isRaw ? message : JSON.stringify(message));
}

/** What comes on the channel of a topic up to now. */
async function received(client: TestClient, topic: string): Promise<Record<string, unknown>[]> {
  await publish(topic, { subscription: topic, data: 'end' });
  const frames = [];
  for (;;) {
    const frame = await client.next();
    if (frame.data === 'end') return frames;
    frames.push(frame);
  }
}

describe('a message on the channel of a topic', () => {
  it.each<[string, unknown]>([
    ['nothing', ''],
    ['no JSON', '{'],
    ['null', 'null'],
    ['a number', '5'],
    ['a string', '"x"'],
    ['a list', '[{"subscription":"books.1","data":1}]'],
    ['no members', '{}'],
    ['no data', { subscription: 'books.1' }],
    ['no subscription', { data: 1 }],
    ['null for a subscription', { subscription: null, data: 1 }],
    ['a number for a subscription', { subscription: 1, data: 1 }],
    ['a list for a subscription', { subscription: ['books.1'], data: 1 }],
    ['bytes that are not UTF-8', Buffer.from('{"subscription":"books.1","data":"\xff"}', 'latin1')],
  ])('is skipped when it holds %s', async (_, message) => {
    const client = await stage.subscriber('books.1');
    await publish('books.1', message);
    expect(await received(client, 'books.1')).toEqual([]);
  });

  it.each([
    { data: null },
    { data: 1, options: null },
    { data: 1, published_at: 5 },
    { data: 1, published_at: null },
  ])('is delivered when it holds %j', async (members) => {
    const client = await stage.subscriber('books.1', { extra: 'e' });
    await publish('books.1', { subscription: 'books.1', secret: 's', ...members });
    expect(await received(client, 'books.1')).toEqual([
      { event: 'message', subscription: 'books.1', extra: 'e', data: members.data, ...LIVE },
    ]);
  });

  it('is for the subscription that it names', async () => {
    const client = await stage.subscriber('books.a', { extra: 'A' });
    await stage.subscriber('books.b', { extra: 'B' }, client);
    const [onlyA, onlyB] = [await stage.subscriber('books.a'), await stage.subscriber('books.b')];
    await publish('books.a', { subscription: 'books.b', data: 1, options: { order: 5 } });
    expect(await received(client, 'books.a')).toEqual([
      { event: 'message', subscription: 'books.b', extra: 'B', data: 1, ...LIVE },
    ]);
    expect(await received(onlyA, 'books.a')).toEqual([]);
    expect(await onlyB.settled()).toEqual([]);

    await publish('books.b', { subscription: 'books.b', data: 2, options: { order: 5 } });
    expect(await received(client, 'books.b')).toEqual([]);
    expect(await received(onlyB, 'books.b')).toMatchObject([{ data: 2 }]);
  });

  it('that names a subscription which begins is held for it', async () => {
    const gate = deferred();
    stage.app.answer('/before', { after: gate.promise });
    const client = await stage.subscriber('books.1');
    client.send({ event: 'subscribe', subscription: 'asked.1' });
    await stage.app.requests('/before');
    await publish('books.1', { subscription: 'asked.1', data: 1 });
    expect(await received(client, 'books.1')).toEqual([]);
    gate.resolve();
    expect(await client.next()).toMatchObject({ event: 'subscribe', status: 'ok' });
    expect(await client.next()).toEqual({ event: 'message', subscription: 'asked.1', data: 1, ...KEPT });
  });

  it('comes from either Redis, and twice from both', async () => {
    const altRedis = new Redis(alt.port);
    const client = await stage.subscriber('books.1');
    const message = JSON.stringify({ subscription: 'books.1', data: 1 });
    await altRedis.publish('kw:books.1', message);
    await redis.publish('alt:books.1', message);
    await altRedis.publish('alt:books.1', message);
    altRedis.disconnect();
    expect(await client.next()).toMatchObject({ data: 1 });
    await redis.publish('kw:books.1', message);
    expect(await client.next()).toMatchObject({ data: 1 });
    expect(await received(client, 'books.1')).toEqual([]);
  });

  it('comes from another gateway', async () => {
    const client = await stage.subscriber('books.1');
    const other = await TestGateway.start({
      broker: { kind: 'redis', redis: { url: main.url, prefix: 'kw:' } },
      services: { books: {} },
    });
    await other.publish({ subscription: 'books.1', data: 'from afar' });
    expect(await client.next()).toMatchObject({ data: 'from afar', ...LIVE });
    await other.stop();
  });
});

describe('what is read from Redis', () => {
  it('counts from when it is read: before ioredis takes messages out of it', async () => {
    const client = await stage.subscriber('books.1');
    const begin = jest.spyOn(Arrivals.prototype, 'begin');
    const push = jest.spyOn(Arrivals.prototype, 'push');
    await redis.publish('kw:books.1', '{"subscription":"books.1","data":1}');
    await client.next();
    const pushedAt = push.mock.invocationCallOrder[0]!;
    expect(begin.mock.invocationCallOrder.filter((at) => at < pushedAt)).not.toEqual([]);
    jest.restoreAllMocks();
  });
});

describe('the channel of a topic', () => {
  it('is listened on once, as long as a session needs it', async () => {
    await nobodyListens('books.1');
    const [first, second] = [await stage.subscriber('books.1'), await stage.subscriber('books.1')];
    expect(await listeners('books.1')).toBe(1);
    await first.ask({ event: 'unsubscribe', subscription: 'books.1' });
    await publish('books.1', { subscription: 'books.1', data: 1 });
    expect(await received(second, 'books.1')).toHaveLength(1);
    expect(await listeners('books.1')).toBe(1);
    second.drop();
    await nobodyListens('books.1');
  });

  it('is listened on from after the authorizer and before before_subscribe is asked', async () => {
    const gates = [deferred(), deferred()];
    stage.app
      .answer('/authorizer', { after: gates[0]!.promise })
      .answer('/before', { after: gates[1]!.promise });
    const client = await stage.connect();
    client.send({ event: 'subscribe', subscription: 'asked.1' });
    await stage.app.requests('/authorizer');
    await nobodyListens('asked.1');
    await publish('asked.1', { subscription: 'asked.1', data: 'too early' });
    gates[0]!.resolve();
    await stage.app.requests('/before');
    expect(await listeners('asked.1')).toBe(1);
    await publish('asked.1', { subscription: 'asked.1', data: 'held' });
    gates[1]!.resolve();
    expect(await client.next()).toMatchObject({ event: 'subscribe', status: 'ok' });
    expect(await received(client, 'asked.1')).toMatchObject([{ data: 'held' }]);
  });

  it.each<[string, string[], object[]]>([
    ['refused', ['/before'], [{ body: { status: 'error' } }]],
    ['not decided', ['/before'], [{ status: 500 }, { status: 500 }, { status: 500 }]],
    ['broken', ['/before'], [{ body: 'null' }]],
  ])('is left when a subscription is %s', async (_, [path], answers) => {
    stage.app.answer(path!, ...answers);
    const client = await stage.connect();
    await client.ask({ event: 'subscribe', subscription: 'asked.1' });
    await nobodyListens('asked.1');
    expect(await listeners('asked.1')).toBe(0);
  });

  it('is left when an authorization lapses, and can be joined again', async () => {
    stage.app.answer('/renewal', {}, { body: { status: 'error' } });
    const client = await stage.subscriber('renewed.1');
    expect(await client.next()).toMatchObject({ event: 'unsubscribe', error: 'Unauthorized.' });
    await nobodyListens('renewed.1');
    await stage.subscriber('renewed.1', {}, client);
    await publish('renewed.1', { subscription: 'renewed.1', data: 1 });
    expect(await received(client, 'renewed.1')).toHaveLength(1);
  });

  it('is joined again by one who comes as the last one leaves', async () => {
    const [leaving, coming] = [await stage.subscriber('books.1'), await stage.connect()];
    for (let round = 0; round < 20; round++) {
      leaving.send({ event: 'unsubscribe', subscription: 'books.1' });
      await stage.subscriber('books.1', {}, coming);
      await leaving.next();
      await publish('books.1', { subscription: 'books.1', data: round });
      expect(await received(coming, 'books.1')).toMatchObject([{ data: round }]);
      coming.send({ event: 'unsubscribe', subscription: 'books.1' });
      await stage.subscriber('books.1', {}, leaving);
      await coming.next();
    }
  });
});

describe('the loss of a Redis', () => {
  const losing = stageOfTest(configure);

  it('closes clients with 1000 and ends their subscriptions', async () => {
    const client = await losing.subscriber('asked.1');
    await alt.restart();
    expect((await client.untilClosed()).code).toBe(1000);
    expect((await losing.app.requests('/on-end')).map(({ body }) => body)).toEqual([
      { subscription: 'asked.1' },
    ]);
  });
});
