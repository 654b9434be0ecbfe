import { Redis } from 'ioredis';
import type { KittiwakeOptions } from '../src/config/options.js';
import { KITTIWAKE_V1 } from '../src/protocol/sub-protocol.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { TestClient } from './support/client.js';
import { TestGateway } from './support/gateway.js';
import { RedisServer } from './support/redis-server.js';
import { BUILD_TIMEOUT_MS, ensureBuilt, ServerProcess } from './support/server-process.js';
import { StubApp } from './support/stub-app.js';
import { eventually } from './support/wait.js';

beforeAll(ensureBuilt, BUILD_TIMEOUT_MS);

const TOPIC = 'books.1';
/** Quick to notice a Redis that is silent, but not so quick that a busy machine looks like one. */
const TIMING = { pingInterval: '100ms', pingTimeout: '500ms' };

const stopped = stoppedAfterEach();
let redis: RedisServer;
let app: StubApp;

beforeEach(async () => {
  redis = stopped(await RedisServer.start());
  app = stopped(await StubApp.start());
});

function services(...callbacks: string[]): NonNullable<KittiwakeOptions['services']> {
  const urls = Object.fromEntries(callbacks.map((kind) => [kind, `${app.url}/${kind}`]));
  return { books: { requireAuthentication: false, ...urls } };
}

async function start(options: KittiwakeOptions = {}): Promise<TestGateway> {
  const gateway = await TestGateway.start({
    services: services('beforeUnsubscribe', 'onUnsubscribe'),
    broker: { kind: 'redis', redis: { url: redis.url, ...TIMING } },
    ...options,
  });
  return stopped(gateway);
}

async function subscribe(gateway: { readonly url: string }, ...protocols: string[]): Promise<TestClient> {
  const client = await TestClient.connect(gateway.url, protocols);
  expect(await client.ask({ event: 'subscribe', subscription: TOPIC })).toHaveProperty('status', 'ok');
  return client;
}

async function readiness(gateway: TestGateway): Promise<number> {
  return (await fetch(`${gateway.httpUrl}/health/ready`)).status;
}

/** Waits until the gateway is ready, and shows that clients may come back and get what either way brings. */
async function expectRecovery(gateway: TestGateway): Promise<void> {
  await eventually(async () => (await readiness(gateway)) === 200, { what: 'a ready gateway' });
  const client = await subscribe(gateway);
  await gateway.publish({ subscription: TOPIC, data: 'over HTTP' });
  const publisher = new Redis(redis.port);
  await publisher.publish(TOPIC, `{"subscription":"${TOPIC}","data":"over Redis"}`);
  publisher.disconnect();
  expect([(await client.next()).data, (await client.next()).data]).toEqual(['over HTTP', 'over Redis']);
  expect(await client.settled()).toEqual([]);
}

describe('a gateway that loses Redis', () => {
  it.each([
    ['stops', () => redis.stop(), () => redis.restart()],
    ['is silent', async () => redis.freeze(), async () => redis.thaw()],
  ])('disconnects its clients until Redis is back, when it %s', async (_case, lose, bringBack) => {
    const gateway = await start();
    const [plain, extended] = [await subscribe(gateway), await subscribe(gateway, KITTIWAKE_V1)];
    await lose();
    expect(await plain.untilClosed()).toEqual({ code: 1000, reason: '' });
    expect(await extended.untilClosed()).toEqual({ code: 1012, reason: 'Please reconnect.' });
    expect(await readiness(gateway)).toBe(503);
    expect(await TestClient.refusal(gateway.url)).toBe(503);
    await app.requests('/onUnsubscribe', 2);
    expect(app.paths.toSorted()).toEqual([
      '/beforeUnsubscribe',
      '/beforeUnsubscribe',
      '/onUnsubscribe',
      '/onUnsubscribe',
    ]);
    expect(await gateway.metric('kittiwake_connections_closed_total', { reason: 'reconnect' })).toBe(2);
    await bringBack();
    await expectRecovery(gateway);
  });

  it('leaves no gap in what a client gets before it is closed', async () => {
    const gateway = await start();
    const client = await subscribe(gateway);
    const results: number[] = [];
    const publishing = (async () => {
      for (let data = 0; !results.includes(503); data++) {
        results.push((await gateway.publish({ subscription: TOPIC, data })).status);
      }
    })();
    await eventually(() => client.frames.length >= 20);
    await redis.stop();
    await Promise.all([publishing, client.untilClosed()]);
    const received = client.frames.map((text) => (JSON.parse(text) as { data: number }).data);
    expect(received).toEqual(received.map((_, index) => index));
    const taken = results.filter((status) => status === 200).length;
    expect(results).toEqual([...Array.from({ length: taken }, () => 200), 503]);
    await redis.restart();
    await expectRecovery(gateway);
  });

  it('tells a client that is not closed yet that it cannot subscribe', async () => {
    const gateway = await start({ shutdown: { spread: '2s' } });
    const clients: TestClient[] = [];
    // Those above 20 are closed later.
    while (clients.length < 60) clients.push(await TestClient.connect(gateway.url));
    await redis.stop();
    await clients[0]!.untilClosed();
    expect(await clients[59]!.ask({ event: 'subscribe', subscription: TOPIC })).toEqual({
      event: 'subscribe',
      subscription: TOPIC,
      status: 'error',
      error: 'Service unavailable.',
    });
  });

  it('disconnects every client that may have missed something, though Redis is back before its turn', async () => {
    const gateway = await start({ shutdown: { spread: '3s' } });
    const clients: TestClient[] = [];
    while (clients.length < 200) clients.push(await subscribe(gateway));
    await redis.restart();
    await clients[0]!.untilClosed();
    await eventually(async () => (await readiness(gateway)) === 200);
    const others = clients.filter(({ closed }) => closed === undefined);
    expect(others.length).toBeGreaterThan(0);
    const newcomer = await subscribe(gateway);
    await Promise.all(others.map((client) => client.untilClosed()));
    expect(await newcomer.settled()).toEqual([]);
    await app.requests('/onUnsubscribe', 200);
    await expectRecovery(gateway);
  });

  it('does so again when it loses Redis again', async () => {
    const gateway = await start();
    for (let time = 1; time <= 2; time++) {
      const client = await subscribe(gateway);
      await redis.stop();
      expect((await client.untilClosed()).code).toBe(1000);
      await redis.restart();
      await expectRecovery(gateway);
    }
  });
});

describe('a gateway on two Redis servers', () => {
  it.each(['main', 'alternate'])('is not ready while the %s one is lost', async (which) => {
    const other = stopped(await RedisServer.start());
    const [redisAlt, alternate] = [{ url: other.url, ...TIMING }, other];
    const gateway = await start({
      broker: { kind: 'redis', redis: { url: redis.url, ...TIMING }, redisAlt },
    });
    const lost = which === 'main' ? redis : alternate;
    const client = await subscribe(gateway);
    await lost.stop();
    expect((await client.untilClosed()).code).toBe(1000);
    expect(await readiness(gateway)).toBe(503);
    expect(await TestClient.refusal(gateway.url)).toBe(503);
    await lost.restart();
    await expectRecovery(gateway);
  });
});

describe('a gateway that is to exit when it loses Redis', () => {
  it.each([
    ['stops', () => redis.stop()],
    ['is silent', async () => redis.freeze()],
  ])('tells clients and app, and ends with 0, when it %s', async (_case, lose) => {
    const server = stopped(
      await ServerProcess.start({
        config: {
          services: services('beforeUnsubscribe', 'onUnsubscribe'),
          broker: { kind: 'redis', onLoss: 'exit', redis: { url: redis.url, ...TIMING } },
        },
      }),
    );
    const [plain, extended] = [await subscribe(server), await subscribe(server, KITTIWAKE_V1)];
    await lose();
    const end = await server.untilEnded();
    expect([end.code, end.signal, end.stderr]).toEqual([0, null, '']);
    expect(end.stdout).toContain('"msg":"the broker is lost: stopping"');
    expect(await plain.untilClosed()).toEqual({ code: 1000, reason: '' });
    expect(await extended.untilClosed()).toEqual({ code: 1012, reason: 'Please reconnect.' });
    expect(app.paths.toSorted()).toEqual([
      '/beforeUnsubscribe',
      '/beforeUnsubscribe',
      '/onUnsubscribe',
      '/onUnsubscribe',
    ]);
  });
});
