import { once } from 'node:events';
import { LogSettings } from '../src/config/sections/log.settings.js';
import type { KittiwakeOptions } from '../src/config/options.js';
import { KITTIWAKE_V1 } from '../src/protocol/sub-protocol.js';
import { PinoLogger } from '../src/server/logger.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { TestClient } from './support/client.js';
import { TestGateway } from './support/gateway.js';
import { RedisServer } from './support/redis-server.js';
import { RpcStage, rpcToken } from './support/rpc.js';
import { StubApp } from './support/stub-app.js';
import { signToken } from './support/tokens.js';
import { deferred, eventually } from './support/wait.js';

const JWT_SECRET = 'a secret of at least thirty-two bytes';

const stopped = stoppedAfterEach();
let app: StubApp;
let gateway: TestGateway;

beforeEach(async () => {
  app = stopped(await StubApp.start());
});

async function start(options: KittiwakeOptions = {}, callbacks: string[] = []): Promise<void> {
  const urls = Object.fromEntries(callbacks.map((kind) => [kind, `${app.url}/${kind}`]));
  const services = { books: { requireAuthentication: false, ...urls } };
  gateway = stopped(await TestGateway.start({ services, ...options }));
}

async function connectClient(...topics: string[]): Promise<TestClient> {
  const client = await TestClient.connect(gateway.url);
  for (const subscription of topics) await client.ask({ event: 'subscribe', subscription });
  return client;
}

describe('a gateway that stops', () => {
  it('closes plain clients with 1000 and those of the sub-protocol with 1012', async () => {
    await start();
    const clients = [await connectClient(), await TestClient.connect(gateway.url, [KITTIWAKE_V1])];
    await gateway.stop();
    const closed = await Promise.all(clients.map((client) => client.untilClosed()));
    expect(closed).toEqual([
      { code: 1000, reason: '' },
      { code: 1012, reason: 'Please reconnect.' },
    ]);
  });

  it('sends what clients were to get before the close', async () => {
    await start();
    const client = await connectClient('books.1');
    await Promise.all([
      gateway.publish({ subscription: 'books.1', data: 'last' }),
      once(client.webSocket, 'message'),
    ]);
    client.send({ event: 'ping', data: 'asked before' });
    expect((await client.next()).data).toBe('last');
    await client.text();
    await gateway.stop();
    expect(await client.untilClosed()).toEqual({ code: 1000, reason: '' });
  });

  it('ends subscriptions the latest first, one at a time, and takes no new clients meanwhile', async () => {
    await start({}, ['beforeUnsubscribe', 'onUnsubscribe']);
    const told = deferred();
    app.answer('/beforeUnsubscribe', { body: { status: 'error' } });
    app.answer('/onUnsubscribe', { after: told.promise });
    const client = await connectClient('books.1', 'books.2', 'books.3');
    const stop = gateway.stop();
    await client.untilClosed();
    await app.requests('/onUnsubscribe');
    await expect(TestClient.connect(gateway.url)).rejects.toThrow('ECONNREFUSED');
    expect(app.paths).toEqual(['/beforeUnsubscribe', '/onUnsubscribe']);
    told.resolve();
    await stop;
    expect(app.asked.map(({ path, body }) => `${path} ${String(body['subscription'])}`)).toEqual(
      ['books.3', 'books.2', 'books.1'].flatMap((topic) => [
        `/beforeUnsubscribe ${topic}`,
        `/onUnsubscribe ${topic}`,
      ]),
    );
  });

  it('finishes the event under way and ignores those behind it', async () => {
    await start({}, ['beforeSubscribe', 'onSubscribe', 'onMessage', 'onUnsubscribe']);
    const answered = deferred();
    app.answer('/beforeSubscribe', { after: answered.promise });
    const client = await connectClient();
    client.send({ event: 'subscribe', subscription: 'books.1' });
    client.send({ event: 'message', subscription: 'books.1', data: 1 });
    await app.requests('/beforeSubscribe');
    const stop = gateway.stop();
    await client.untilClosed();
    answered.resolve();
    await stop;
    expect(app.paths).toEqual(['/beforeSubscribe', '/onSubscribe', '/onUnsubscribe']);
    expect(client.frames).toEqual([]);
  });

  it('ignores events that still arrive', async () => {
    await start({}, ['onMessage', 'onUnsubscribe']);
    const told = deferred();
    app.answer('/onUnsubscribe', { after: told.promise });
    const client = await connectClient('books.1');
    // Paused, it does not see the close and goes on.
    client.webSocket.pause();
    const stop = gateway.stop();
    await app.requests('/onUnsubscribe');
    for (let i = 0; i < 100; i++) client.send({ event: 'message', subscription: 'books.1', data: i });
    told.resolve();
    await stop;
    client.webSocket.resume();
    expect((await client.untilClosed()).code).toBe(1000);
    expect(app.paths).toEqual(['/onUnsubscribe']);
  });

  it('does not wait for an app that hangs longer than its time', async () => {
    await start({ shutdown: { timeout: '300ms' } }, ['onUnsubscribe']);
    app.answer('/onUnsubscribe', { after: new Promise(() => undefined) });
    const client = await connectClient('books.1', 'books.2');
    const startedMs = performance.now();
    await gateway.stop();
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(290);
    expect(performance.now() - startedMs).toBeLessThan(5000);
    expect((await client.untilClosed()).code).toBe(1000);
  });

  it('waits neither for idle connections of HTTP nor for clients that do not answer the close', async () => {
    await start();
    await gateway.metric('kittiwake_connections');
    const client = await connectClient();
    client.webSocket.pause();
    const startedMs = performance.now();
    await gateway.stop();
    expect(performance.now() - startedMs).toBeLessThan(5000);
    client.webSocket.resume();
    expect((await client.untilClosed()).code).toBe(1000);
  });

  it('closes a client whose events it does not read at the moment', async () => {
    await start({ limits: { inboxBytes: '1KiB', eventsPerSecond: 0 } }, ['beforeSubscribe', 'onUnsubscribe']);
    const answered = deferred();
    app.answer('/beforeSubscribe', { after: answered.promise });
    const client = await connectClient();
    client.send({ event: 'subscribe', subscription: 'books.1' });
    for (let i = 0; i < 100; i++) client.send({ event: 'ping', data: 'd'.repeat(100_000) });
    await app.requests('/beforeSubscribe');
    const stop = gateway.stop();
    expect((await client.untilClosed()).code).toBe(1000);
    answered.resolve();
    await stop;
    expect(app.paths.at(-1)).toBe('/onUnsubscribe');
  });

  it('may be told so again and at the same time, and tells the app once', async () => {
    await start({}, ['onUnsubscribe']);
    await connectClient('books.1');
    await Promise.all([gateway.stop(), gateway.stop()]);
    await gateway.stop();
    expect(app.paths).toEqual(['/onUnsubscribe']);
  });
});

describe('calls over HTTP', () => {
  const stage = new RpcStage();
  afterEach(() => stage.leave());

  it('have their time to end, in which clients are closed', async () => {
    await stage.start({ shutdown: { spread: '0s', timeout: '15s' } });
    const client = await TestClient.connect(stage.gateway.url);
    const caller = new AbortController();
    const headers = { Authorization: `Bearer ${rpcToken()}` };
    const call = fetch(`${stage.gateway.httpUrl}/rpc/hang`, { headers, signal: caller.signal }).catch(
      () => 'cut',
    );
    await eventually(() => stage.hanging.size === 1);
    const stop = stage.gateway.stop();
    expect((await client.untilClosed()).code).toBe(1000);
    expect(stage.hanging.size).toBe(1);
    caller.abort();
    expect(await call).toBe('cut');
    await stop;
  });
});

describe('many clients', () => {
  it('are closed spread over a time, and served until it is their turn', async () => {
    await start({ shutdown: { spread: '400ms' } });
    const clients: TestClient[] = [];
    while (clients.length < 100) clients.push(await connectClient());
    const closedAtMs: number[] = [];
    for (const { webSocket } of clients) webSocket.once('close', () => closedAtMs.push(performance.now()));
    const stop = gateway.stop();
    await clients[0]!.untilClosed();
    expect(await clients[99]!.ask({ event: 'ping', data: 'still here' })).toHaveProperty(
      'data',
      'still here',
    );
    await stop;
    await Promise.all(clients.map((client) => client.untilClosed()));
    const tookMs = closedAtMs.at(-1)! - closedAtMs[0]!;
    expect(tookMs).toBeGreaterThan(150);
    expect(tookMs).toBeLessThan(2000);
    const halfwayMs = closedAtMs[0]! + tookMs / 2;
    const early = closedAtMs.filter((atMs) => atMs < halfwayMs).length;
    expect(early).toBeGreaterThanOrEqual(20);
    expect(early).toBeLessThanOrEqual(80);
  });
});

describe('after a stop', () => {
  /** What keeps this process alive and did not before. */
  function leftOver(before: readonly string[]): string[] {
    const rest = [...before];
    return process.getActiveResourcesInfo().filter((resource) => {
      const at = rest.indexOf(resource);
      if (at >= 0) rest.splice(at, 1);
      return at < 0;
    });
  }

  /** A gateway with everything that has a timer or a connection, and clients of every kind. */
  async function useEverything(redis: RedisServer): Promise<void> {
    const callbacks = [
      'authorizer',
      'beforeSubscribe',
      'onSubscribe',
      'onMessage',
      'onHeartbeat',
      'onUnsubscribe',
    ];
    const urls = Object.fromEntries(callbacks.map((kind) => [kind, `${app.url}/${kind}`]));
    const periods = { authorizationRenewalPeriod: '200ms', heartbeatPeriod: '200ms' };
    gateway = await TestGateway.start({
      services: { books: { requireAuthentication: false, ...urls, ...periods } },
      broker: { kind: 'redis', redis: { url: redis.url }, redisAlt: { url: redis.url, prefix: 'alt:' } },
      auth: { jwt: { algorithms: ['HS256'], secret: JWT_SECRET } },
      metrics: { socketsharkNames: true },
      limits: { idle: '1m' },
      ping: { interval: '200ms', timeout: '10s' },
    });
    const exp = Math.floor(Date.now() / 1000) + 3600;
    const token = signToken({ algorithm: 'HS256', key: JWT_SECRET, claims: { sub: 'u1', exp } });
    const clients = await Promise.all([
      connectClient('books.1'),
      connectClient('books.1'),
      connectClient('books.2'),
    ]);
    for (const client of clients)
      expect(await client.ask({ event: 'auth', method: 'jwt', token })).toHaveProperty('status', 'ok');
    clients[1].drop();
    clients[2].webSocket.pause();
    for (const data of [1, 2, 3]) {
      await gateway.publish({ subscription: 'books.1', data, options: { throttle: 60 } });
    }
    expect((await clients[0].next()).data).toBe(1);
    await clients[0].ask({ event: 'subscribe', subscription: 'books.3' });
    await app.requests('/onHeartbeat');
    await app.requests('/authorizer', 5);
    await gateway.stop();
    clients[2].webSocket.resume();
    await Promise.all(clients.map((client) => client.untilClosed()));
  }

  it('neither a timer, nor a socket, nor a listener is left over', async () => {
    const redis = stopped(await RedisServer.start());
    // pino has one listener for all loggers, until the last one is collected as garbage: this one is there all the time.
    const logger = new PinoLogger(new LogSettings());
    const countListeners = (): number[] =>
      ['SIGTERM', 'SIGINT', 'exit', 'uncaughtException', 'unhandledRejection'].map((event) =>
        process.listenerCount(event),
      );
    const before = { resources: process.getActiveResourcesInfo(), listeners: countListeners() };
    await useEverything(redis);
    // The sockets of the test itself are kept alive for some seconds.
    const isClean = (): boolean => leftOver(before.resources).length === 0;
    await eventually(isClean, { timeoutMs: 15_000 }).catch(() => undefined);
    expect(leftOver(before.resources)).toEqual([]);
    expect(countListeners()).toEqual(before.listeners);
    logger.verbose('done');
  });
});
