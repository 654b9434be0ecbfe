import { Redis } from 'ioredis';
import type { KittiwakeOptions } from '../src/config/options.js';
import { KITTIWAKE_V1 } from '../src/protocol/sub-protocol.js';
import { stoppedAfterAll } from './support/cleanup.js';
import { TestClient } from './support/client.js';
import { TestGateway } from './support/gateway.js';
import { Follower, isWithoutHole, Numbers } from './support/kept-topic.js';
import { RedisServer } from './support/redis-server.js';
import { TcpProxy } from './support/tcp-proxy.js';
import { eventually } from './support/wait.js';

/** Quick to notice a Redis that is silent, but not so quick that a busy machine looks like one. */
const TIMING = { pingInterval: '100ms', pingTimeout: '1s' };

const stopped = stoppedAfterAll();
let server: RedisServer;
let operator: Redis;
let gateways: [TestGateway, TestGateway];
let tests = 0;
let topic = '';

function startGateway(url: string, options: KittiwakeOptions = {}): Promise<TestGateway> {
  const open = { requireAuthentication: false };
  return TestGateway.start({
    services: {
      books: { ...open, history: { size: 1000 } },
      strict: { ...open, history: { unsequenced: 'drop' } },
      plain: open,
    },
    history: { checkPeriod: '200ms' },
    broker: { kind: 'redis', redis: { url, ...TIMING } },
    ...options,
  });
}

beforeAll(async () => {
  server = stopped(await RedisServer.start());
  operator = new Redis(server.port);
  stopped({ stop: () => operator.disconnect() });
  gateways = [stopped(await startGateway(server.url)), stopped(await startGateway(server.url))];
});
beforeEach(() => {
  topic = `books.${++tests}`;
});

async function follower(gateway: TestGateway, of = topic): Promise<Follower> {
  const one = new Follower(of);
  await one.comeTo(gateway);
  return one;
}

/** A client that is told no positions. */
async function subscriber(gateway: TestGateway, of: string, ...protocols: string[]): Promise<TestClient> {
  const client = await TestClient.connect(gateway.url, protocols);
  expect(await client.ask({ event: 'subscribe', subscription: of })).toHaveProperty('status', 'ok');
  return client;
}

const numbersOf = (client: TestClient): number[] =>
  client.frames.map((text) => (JSON.parse(text) as { data: number }).data);

it('a client that moves to another node gets what it has missed, once and in order', async () => {
  const [a, b] = gateways;
  const numbers = new Numbers(topic);
  const client = await follower(a);
  await numbers.publish(a, b);
  await client.has(1);
  for (let move = 0; move < 4; move++) {
    client.leave();
    for (let i = 0; i < 10; i++) await numbers.publish(a, b);
    await client.comeTo(gateways[move % 2]!);
    await numbers.publish(a, b);
    await client.has(numbers.count);
  }
  expect(client.numbers).toEqual(numbers.all);
  expect(client.told).toEqual([]);
});

it('whatever happens to the connections to Redis, nobody with a history is closed or misses anything', async () => {
  const [a, b] = gateways;
  const numbers = new Numbers(topic);
  const followers = [await follower(a), await follower(b)];
  const others = [await subscriber(a, topic), await subscriber(b, topic, KITTIWAKE_V1)];
  const without = [await subscriber(a, 'plain.1'), await subscriber(b, 'plain.1', KITTIWAKE_V1)];
  const faults = [
    () => operator.call('CLIENT', 'KILL', 'TYPE', 'pubsub'),
    () => operator.call('CLIENT', 'KILL', 'TYPE', 'normal'),
    () => operator.script('FLUSH'),
    () => operator.call('CLIENT', 'KILL', 'TYPE', 'pubsub'),
  ];
  for (let i = 0; i < 200; i++) {
    if (i % 50 === 25) void faults[(i - 25) / 50]!();
    await numbers.publish(a, b);
  }
  for (const client of followers) await client.has(numbers.count);
  for (const client of others) await eventually(() => client.frames.length >= numbers.count);
  expect([...followers.map((client) => client.numbers), ...others.map(numbersOf)]).toEqual(
    Array.from({ length: 4 }, () => numbers.all),
  );
  expect([...followers, ...others].map(({ closed }) => closed)).toEqual(Array(4).fill(undefined));
  expect(followers.flatMap(({ told }) => told)).toEqual([]);
  expect((await without[0]!.untilClosed()).code).toBe(1000);
  expect((await without[1]!.untilClosed()).code).toBe(1012);
  for (const client of followers) client.leave();
});

describe('what Redis has lost', () => {
  it('is told to whoever is there, and whoever comes back', async () => {
    const [a, b] = gateways;
    const numbers = new Numbers(topic);
    const [there, away] = [await follower(a), await follower(a)];
    const deaf = await subscriber(b, topic, KITTIWAKE_V1);
    await numbers.publish(a);
    await Promise.all([there.has(1), away.has(1)]);
    away.leave();
    await operator.flushall();
    await there.isTold(1);
    expect(there.told).toEqual(['reset position_lost']);
    expect(await deaf.untilClosed()).toEqual({ code: 1012, reason: 'Please reconnect.' });
    expect(await away.comeTo(b)).toMatchObject({ recovered: false, reason: 'position_lost' });
    await numbers.publish(b);
    await Promise.all([there.has(2), away.has(2)]);
    expect([there.numbers, away.numbers]).toEqual([[2], [2]]);
    expect(await a.metric('kittiwake_history_epochs_total')).toBeGreaterThan(0);
    there.leave();
    away.leave();
  });

  it.each(['epoch', 't:', 'l:'])('is never missing silently, when it is a single key: %s', async (kind) => {
    const [a, b] = gateways;
    const numbers = new Numbers(topic, kind);
    const [there, away] = [await follower(a), await follower(a)];
    for (let i = 0; i < 2; i++) await numbers.publish(a);
    await Promise.all([there.has(2), away.has(2)]);
    away.leave();
    await numbers.publish(b);
    await there.has(3);
    expect(await operator.del(`{kw}:${kind}${kind === 'epoch' ? '' : topic}`)).toBe(1);
    await numbers.publish(b);
    await there.has(4);
    expect(await away.comeTo(b)).toMatchObject({ recovered: false });
    await numbers.publish(b);
    await Promise.all([there.has(5), away.has(5)]);
    for (const client of [there, away]) expect(isWithoutHole(client.numbers)).toBe(true);
    expect(there.told.length === 0 ? there.numbers : [1, 2, 3, 4, 5]).toEqual([1, 2, 3, 4, 5]);
    there.leave();
    away.leave();
  });

  it('is told when a replica that has less takes the place of the primary', async () => {
    const replica = await RedisServer.start({ args: ['--repl-diskless-sync-delay', '0'] });
    const primary = await RedisServer.start({ args: ['--repl-diskless-sync-delay', '0'] });
    const proxy = await TcpProxy.start(primary.port);
    const gateway = await startGateway(`redis://127.0.0.1:${proxy.port}`);
    const second = new Redis(replica.port);
    try {
      await second.replicaof('127.0.0.1', primary.port);
      const numbers = new Numbers(topic);
      const [there, away] = [await follower(gateway), await follower(gateway)];
      await numbers.publish(gateway);
      const [first] = await eventually(async () => second.lrange(`{kw}:l:${topic}`, 0, -1));
      await eventually(async () => (await second.llen(`{kw}:l:${topic}`)) === 1, { what: 'the replica' });
      expect(first === undefined || first.includes('"data":1')).toBe(true);
      await second.replicaof('NO', 'ONE');
      // Only the first server has these.
      for (let i = 0; i < 2; i++) await numbers.publish(gateway);
      await Promise.all([there.has(3), away.has(3)]);
      away.leave();
      proxy.turnTo(replica.port);
      // The same numbers again, and further, on the other one.
      for (let i = 0; i < 4; i++) await numbers.publish(gateway);
      await there.has(7);
      expect(there.told).toEqual(['reset position_lost']);
      expect(await away.comeTo(gateway)).toMatchObject({ recovered: false, reason: 'position_lost' });
      expect(await gateway.metric('kittiwake_history_epochs_total')).toBe(2);
    } finally {
      second.disconnect();
      await gateway.stop();
      await proxy.stop();
      await Promise.all([primary.stop(), replica.stop()]);
    }
  });
});

it('two thousand clients that come back at once cost one read of each channel', async () => {
  const [a, b] = gateways;
  const topics = [topic, `${topic}-too`];
  const firsts = await Promise.all(topics.map((of) => follower(a, of)));
  const all = topics.map((of) => new Numbers(of));
  for (const numbers of all) await numbers.publish(a);
  await Promise.all(firsts.map((client) => client.has(1)));
  const since = firsts.map(({ position }) => position);
  for (const numbers of all) await numbers.publish(a);
  const read = (): Promise<number> => b.metric('kittiwake_history_reads_total', { reason: 'recovery' });
  const before = await read();
  const herd = Array.from({ length: 2000 }, (_, i) => new Follower(topics[i % 2]!));
  const coming = herd.map(async (client, i) => {
    client.position = since[i % 2];
    await client.comeTo(b);
    await client.has(2);
  });
  await Promise.all(coming);
  expect((await read()) - before).toBeLessThanOrEqual(topics.length);
  expect(herd.filter(({ told, numbers }) => told.length > 0 || numbers.join() !== '2')).toEqual([]);
  for (const client of [...herd, ...firsts]) client.leave();
}, 60_000);

it('who comes back while Redis refuses to say what was missed is told so, and is counted', async () => {
  const [a, b] = gateways;
  const { position } = await follower(a);
  const client = await TestClient.connect(b.url, [KITTIWAKE_V1]);
  const unavailable = (): Promise<number> =>
    b.metric('kittiwake_history_recoveries_total', { outcome: 'unavailable' });
  const before = await unavailable();
  await operator.call('ACL', 'SETUSER', 'default', '-evalsha');
  try {
    const back = { event: 'subscribe', subscription: topic, position };
    expect(await client.ask(back)).toMatchObject({ status: 'error', error: 'Service unavailable.' });
  } finally {
    await operator.call('ACL', 'SETUSER', 'default', '+evalsha');
  }
  expect((await unavailable()) - before).toBe(1);
});

it('a node that knows nothing of the history, as one of the version before, has all of it, and takes part', async () => {
  const [a] = gateways;
  const services = { books: { requireAuthentication: false } };
  const old = stopped(await startGateway(server.url, { services }));
  const clients = [await subscriber(a, topic), await subscriber(old, topic)];
  const numbers = new Numbers(topic);
  for (const gateway of [a, old, a, old]) await numbers.publish(gateway);
  for (const client of clients) {
    await eventually(() => client.frames.length === numbers.count);
    expect(numbersOf(client).toSorted((x, y) => x - y)).toEqual(numbers.all);
    expect(client.frames.join('')).not.toMatch(/@|position/);
  }
});

describe('what a service publishes in Redis itself', () => {
  const RAW = 77;
  const raw = (of: string): Promise<number> =>
    operator.publish(of, JSON.stringify({ subscription: of, data: RAW }));

  it('is sent to those who are there, without a position', async () => {
    const client = await follower(gateways[0]);
    const { position } = client;
    await raw(topic);
    await client.has(RAW);
    client.leave();
    expect(client.position).toBe(position);
    expect(
      await gateways[0].metric('kittiwake_history_unsequenced_total', { policy: 'live' }),
    ).toBeGreaterThan(0);
  });

  it('is dropped where the service says so', async () => {
    const numbers = new Numbers('strict.1');
    const client = await follower(gateways[0], 'strict.1');
    await raw('strict.1');
    await numbers.publish(gateways[1]);
    await client.has(1);
    expect(client.numbers).toEqual([1]);
    expect(await gateways[0].metric('kittiwake_history_unsequenced_total', { policy: 'drop' })).toBe(1);
    client.leave();
  });
});

describe('what services leave in a stream of Redis', () => {
  const PREFIX = 'ingest:';
  const ingesting = (): Promise<TestGateway> =>
    startGateway(server.url, {
      history: { ingest: true, ingestPeriod: '5ms' },
      broker: { kind: 'redis', redis: { url: server.url, prefix: PREFIX, ...TIMING } },
    });

  it('comes in once and in order, also what was left while no gateway ran', async () => {
    let left = 0;
    const leave = async (): Promise<void> => {
      const text = JSON.stringify({ subscription: topic, data: ++left });
      await operator.xadd(`${PREFIX}{kw}:in`, '*', 'c', topic, 'd', text);
    };
    const first = await ingesting();
    const client = await follower(first);
    await leave();
    await client.has(1);
    client.leave();
    await first.stop();
    for (let i = 0; i < 100; i++) await leave();
    const [a, b] = [await ingesting(), await ingesting()];
    try {
      await client.comeTo(a);
      for (let i = 0; i < 100; i++) await leave();
      await client.has(left);
      expect(client.numbers).toEqual(Array.from({ length: left }, (_, index) => index + 1));
      expect(client.told).toEqual([]);
      client.leave();
    } finally {
      await Promise.all([a.stop(), b.stop()]);
    }
  });
});
