import { createHash } from 'node:crypto';
import { Redis } from 'ioredis';
import { WorkersRelay } from '../src/broker/workers/workers.relay.js';
import type { KittiwakeOptions } from '../src/config/options.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { ControlStage, post, tokenOf } from './support/client-control.js';
import { TestClient } from './support/client.js';
import type { TestGateway } from './support/gateway.js';
import { RedisServer } from './support/redis-server.js';
import { eventually } from './support/wait.js';

const TOO_MANY = { event: 'auth', status: 'error', error: 'Too many connections.' };
const CODE = { code: 'too_many_of_identity' };

const stopped = stoppedAfterEach();
const stages: ControlStage[] = [];
let redis: RedisServer;
let operator: Redis;
let users = 0;

beforeAll(async () => {
  redis = await RedisServer.start();
  operator = new Redis(redis.port);
});
afterAll(async () => {
  for (const stage of stages) await stage.stop();
  operator.disconnect();
  await redis.stop();
});

const fresh = (): string => `u${++users}`;
const keyOf = (kind: string, user: string): string =>
  `{kw}:${kind}:${createHash('sha1').update(JSON.stringify(user)).digest('hex')}`;

/** Two gateways on Redis, that tests share; those of other settings do not count with them. */
async function two(limits: KittiwakeOptions['limits'], prefix: string): Promise<[TestGateway, TestGateway]> {
  const stage = new ControlStage();
  stages.push(stage);
  const broker = { kind: 'redis', redis: { url: redis.url, prefix } } as const;
  const services = { books: {}, kept: { history: { size: 5 } } };
  await stage.start(2, { broker, limits, services, ledger: { kind: 'none' } });
  return stage.gateways as [TestGateway, TestGateway];
}

async function authenticated(
  gateway: TestGateway,
  user: string,
  protocols = ['kittiwake.v1.json'],
): Promise<[client: TestClient, reply: Record<string, unknown>]> {
  const client = await TestClient.connect(gateway.url, protocols);
  stopped({ stop: () => client.drop() });
  return [client, await client.ask({ event: 'auth', method: 'jwt', token: tokenOf(user) })];
}

async function isIn(gateway: TestGateway, user: string): Promise<boolean> {
  const [client, { status }] = await authenticated(gateway, user);
  if (status !== 'ok') client.drop();
  return status === 'ok';
}

const caller = (gateway: TestGateway, user: string): Promise<TestClient> =>
  stages[0]!.caller(gateway, tokenOf(user)).then((client) => {
    stopped({ stop: () => client.drop() });
    return client;
  });

describe('limits.connectionsPerIdentity', () => {
  let left: TestGateway;
  let right: TestGateway;

  beforeAll(async () => {
    [left, right] = await two({ connectionsPerIdentity: 2 }, '');
  });

  it('refuses one more on any node, whatever it speaks, until one has gone', async () => {
    const user = fresh();
    const [[first], called] = [await authenticated(left, user), await caller(right, user)];
    await called.greeting();
    await eventually(async () => (await operator.zcard(keyOf('connections', user))) === 2);
    for (const gateway of [left, right])
      expect((await authenticated(gateway, user))[1]).toEqual({ ...TOO_MANY, ...CODE });
    expect((await authenticated(right, user, []))[1]).toEqual(TOO_MANY);
    expect(await (await caller(left, user)).untilClosed()).toEqual({
      code: 4429,
      reason: 'Too many connections.',
    });
    expect(await isIn(right, fresh())).toBe(true);
    first.drop();
    await eventually(() => isIn(right, user));
    expect(await isIn(left, user)).toBe(false);
  });

  it('takes as many as may be of those that come at once', async () => {
    const user = fresh();
    const all = await Promise.all(Array.from({ length: 20 }, (_, i) => isIn([left, right][i % 2]!, user)));
    expect(all.filter(Boolean)).toHaveLength(2);
  });

  it('counts a client once that authenticates again', async () => {
    const user = fresh();
    const [client] = await authenticated(left, user);
    for (let i = 0; i < 3; i++)
      expect(await client.ask({ event: 'auth', method: 'jwt', token: tokenOf(user) })).toHaveProperty(
        'status',
        'ok',
      );
    expect(await isIn(right, user)).toBe(true);
    // Who becomes another gives its place back; refused, it stays who it is.
    expect(await client.ask({ event: 'auth', method: 'jwt', token: tokenOf(fresh()) })).toHaveProperty(
      'status',
      'ok',
    );
    expect(await isIn(right, user)).toBe(true);
    expect(await client.ask({ event: 'auth', method: 'jwt', token: tokenOf(user) })).toMatchObject(TOO_MANY);
    expect(await client.ask({ event: 'subscribe', subscription: 'books.1' })).toHaveProperty('status', 'ok');
  });

  it('gives back what a node had that is gone', async () => {
    const user = fresh();
    const key = keyOf('connections', user);
    await operator.zadd('{kw}:nodes', Date.now() - 1, 'gone', Date.now() + 60_000, 'there');
    await operator.zadd(key, 1, 'gone 1', 2, 'there 1', 3, 'unknown 1');
    expect(await isIn(left, user)).toBe(true);
    expect(await operator.zrange(key, 0, '-1')).toEqual(['there 1', expect.stringMatching(/ \d+$/)]);
    expect(await isIn(right, user)).toBe(false);
    await operator.zrem('{kw}:nodes', 'there');
  });

  it('counts again what Redis has lost', async () => {
    const user = fresh();
    const clients = [await authenticated(left, user), await authenticated(right, user)];
    for (const [client] of clients) await client.ask({ event: 'subscribe', subscription: 'kept.1' });
    await operator.del(keyOf('connections', user));
    // With a history, clients stay.
    await operator.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await eventually(async () => (await operator.zcard(keyOf('connections', user))) === 2);
    for (const [client] of clients) expect(client.closed).toBeUndefined();
    for (const gateway of [left, right]) {
      await eventually(async () => (await fetch(`${gateway.httpUrl}/health/ready`)).ok);
      expect(await isIn(gateway, user)).toBe(false);
    }
  });

  it('lets in whoever comes while nobody can count', async () => {
    await operator.set(keyOf('connections', 'odd'), 'not a sorted set');
    for (let i = 0; i < 3; i++) expect(await isIn(left, 'odd')).toBe(true);
  });
});

describe('limits.identityPolicy', () => {
  it('closes the oldest, on whichever node it is', async () => {
    const limits = { connectionsPerIdentity: 2, identityPolicy: 'close_oldest' } as const;
    const [left, right] = await two(limits, 'oldest:');
    const user = fresh();
    const clients = [
      (await authenticated(left, user))[0],
      (await authenticated(right, user))[0],
      (await authenticated(right, user, []))[0],
      (await authenticated(left, user, []))[0],
    ];
    const replaced = { code: 4409, reason: 'Replaced by a newer connection.' };
    expect([await clients[0]!.untilClosed(), await clients[1]!.untilClosed()]).toEqual([replaced, replaced]);
    const [, last] = await authenticated(left, user, []);
    expect(last).toHaveProperty('status', 'ok');
    expect(await clients[2]!.untilClosed()).toEqual({ code: 1000, reason: '' });
    await clients[3]!.untilSent();
    expect(clients[3]!.closed).toBeUndefined();
  });
});

describe('limits.subscriptionsPerIdentity', () => {
  it('counts those of all connections on all nodes', async () => {
    const [left, right] = await two({ subscriptionsPerIdentity: 3 }, 'subscriptions:');
    const user = fresh();
    const [[one], [two_]] = [await authenticated(left, user), await authenticated(right, user)];
    const subscribe = (client: TestClient, subscription: string) =>
      client.ask({ event: 'subscribe', subscription });
    for (const [client, topic] of [
      [one, '1'],
      [two_, '1'],
      [two_, '2'],
    ] as const)
      expect(await subscribe(client, `books.${topic}`)).toHaveProperty('status', 'ok');
    expect(await subscribe(one, 'books.2')).toMatchObject({
      error: 'Too many subscriptions.',
      code: 'too_many_subscriptions',
    });
    await two_.ask({ event: 'unsubscribe', subscription: 'books.1' });
    await eventually(async () => (await subscribe(one, 'books.2')).status === 'ok');
    await post(left, '/unsubscribe', { identity: user });
    await eventually(async () => (await operator.keys('subscriptions:{kw}:subscriptions:*')).length === 0);
  });
});

describe('processes that share a port', () => {
  it('count what they have together, and know what is revoked', async () => {
    const relay = await WorkersRelay.start();
    const stage = new ControlStage(relay.path);
    const limits = { connectionsPerIdentity: 2, identityPolicy: 'close_oldest' } as const;
    try {
      await stage.start(2, { limits: { connectionsPerIdentity: 2 } });
      const [left, right] = stage.gateways as [TestGateway, TestGateway];
      const user = fresh();
      const all = await Promise.all(Array.from({ length: 20 }, (_, i) => isIn([left, right][i % 2]!, user)));
      expect(all.filter(Boolean)).toHaveLength(2);
      await post(left, '/revoke', { token_id: 'gone' });
      const late = await stage.add({ limits });
      const late2 = await stage.add({ limits });
      const [client] = await authenticated(late, fresh());
      const token = tokenOf(user, { jti: 'gone' });
      expect(await client.ask({ event: 'auth', method: 'jwt', token })).toHaveProperty('status', 'error');
      const other = fresh();
      const oldest = (await authenticated(late2, other))[0];
      const next = (await authenticated(late, other))[0];
      await authenticated(late, other);
      expect(await oldest.untilClosed()).toHaveProperty('code', 4409);
      await authenticated(late2, other);
      expect(await next.untilClosed()).toHaveProperty('code', 4409);
    } finally {
      await stage.stop();
      await relay.stop();
    }
  });
});

describe('limits.dryRun', () => {
  it('refuses nobody, and counts', async () => {
    const stage = new ControlStage();
    stages.push(stage);
    await stage.start(1, {
      limits: {
        connections: 1,
        connectionsPerAddress: 1,
        connectionsPerIdentity: 1,
        subscriptionsPerIdentity: 1,
        subscriptionsPerSession: 1,
        eventsPerSecond: 1,
        eventBurst: 3,
        dryRun: [
          'connections',
          'connectionsPerAddress',
          'connectionsPerIdentity',
          'subscriptionsPerIdentity',
          'subscriptionsPerSession',
          'eventsPerSecond',
        ],
      },
    });
    const [gateway] = stage.gateways as [TestGateway];
    const dry = (limit: string): Promise<number> =>
      gateway.metric('kittiwake_limits_dry_run_total', { limit });
    const user = fresh();
    await authenticated(gateway, user);
    expect([await dry('connections'), await dry('connectionsPerIdentity')]).toEqual([0, 0]);
    const [client] = await authenticated(gateway, user);
    for (const topic of ['1', '2', '3', '4', '5', '6'])
      expect(await client.ask({ event: 'subscribe', subscription: `books.${topic}` })).toHaveProperty(
        'status',
        'ok',
      );
    expect(
      await Promise.all(
        [
          'connections',
          'connectionsPerAddress',
          'connectionsPerIdentity',
          'subscriptionsPerSession',
          'subscriptionsPerIdentity',
        ].map(dry),
      ),
    ).toEqual([1, 1, 1, 5, 5]);
    expect(await dry('eventsPerSecond')).toBeGreaterThan(0);
    const room = await stage.member(gateway, [{ room: 1 }, { room: 2 }]);
    stopped({ stop: () => room.drop() });
    expect(await dry('subscriptionsPerSession')).toBe(6);
  });
});
