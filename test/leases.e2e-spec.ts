import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { KittiwakeOptions } from '../src/config/options.js';
import type { LifecycleEvent } from '../src/index.js';
import { KITTIWAKE_V1 } from '../src/protocol/sub-protocol.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { TestClient } from './support/client.js';
import { TestGateway } from './support/gateway.js';
import { RedisServer } from './support/redis-server.js';
import { BUILD_TIMEOUT_MS, ensureBuilt, ServerProcess } from './support/server-process.js';
import { type Answer, type Asked, StubApp } from './support/stub-app.js';
import { deferred, eventually } from './support/wait.js';

/** Long enough for a busy machine. */
const LEASE = { lease: '1s', beat: '200ms', rate: 1_000 };

let redis: RedisServer;
let operator: Redis;
let app: StubApp;
let prefix: string;
let tests = 0;

const stopped = stoppedAfterEach();

beforeAll(async () => {
  await ensureBuilt();
  redis = await RedisServer.start();
  operator = new Redis(redis.port, { retryStrategy: null });
}, BUILD_TIMEOUT_MS);
beforeEach(async () => {
  prefix = `t${++tests}:`;
  app = await StubApp.start();
});
afterEach(() => app.stop());
afterAll(async () => {
  operator.disconnect();
  await redis.stop();
});

function configuration(more: KittiwakeOptions = {}): KittiwakeOptions {
  return {
    auth: { ticket: { url: `${app.url}/ticket`, fields: ['user'] } },
    services: {
      books: {
        requireAuthentication: false,
        extraFields: ['note'],
        authorizer: `${app.url}/authorizer`,
        authorizerFields: ['role'],
        beforeSubscribe: `${app.url}/before`,
        beforeUnsubscribe: `${app.url}/before-end`,
        onUnsubscribe: `${app.url}/on-end`,
      },
    },
    callbacks: { wait: '10ms', tries: 1 },
    ledger: LEASE,
    log: { level: 'info' },
    ...more,
  };
}

const withRedis = (): KittiwakeOptions =>
  configuration({ broker: { kind: 'redis', redis: { url: redis.url, prefix } } });
const inFile = (dir: string): KittiwakeOptions => configuration({ ledger: { ...LEASE, dir } });

/** A node that can be killed. */
async function startProcess(options = withRedis()): Promise<ServerProcess> {
  return stopped(await ServerProcess.start({ config: options }));
}

/** A node in this process. */
async function startNode(options = withRedis()): Promise<TestGateway> {
  return stopped(await TestGateway.start({ ...options, log: { level: 'silent' } }));
}

async function subscriber(url: string, user: string, topics: readonly string[]): Promise<TestClient> {
  const client = await TestClient.connect(url, [KITTIWAKE_V1]);
  app.answer('/ticket', { body: { status: 'ok', user } });
  expect(await client.ask({ event: 'auth', ticket: 'T' })).toMatchObject({ status: 'ok' });
  for (const topic of topics) {
    app.answer('/authorizer', { body: { status: 'ok', role: `role of ${user}` } });
    const event = { event: 'subscribe', subscription: `books.${topic}`, note: topic };
    expect(await client.ask(event)).toMatchObject({ status: 'ok' });
  }
  return client;
}

/** The body of every callback about a subscription. */
const bodyOf = (user: string, topic: string): string =>
  JSON.stringify({ subscription: `books.${topic}`, note: topic, role: `role of ${user}`, user });

const idOf = ({ headers }: Asked): unknown => headers['idempotency-key'];
const reasonOf = ({ headers }: Asked): unknown => headers['kittiwake-reason'];
const textsOf = (asked: readonly Asked[]): string[] => asked.map(({ text }) => text);

/** What is in the only journal. */
async function journalIn(dir: string): Promise<string> {
  const name = (await readdir(dir)).find((file) => file.endsWith('.journal'));
  return name === undefined ? '' : readFile(join(dir, name), 'utf8');
}

/** Until the ledger has nothing left to tell, of any node. */
async function untilAllTold(node: TestGateway): Promise<void> {
  const told = (): Promise<number> => node.metric('kittiwake_ledger_ends_total', { outcome: 'told' });
  let before = -1;
  await eventually(async () => {
    const now = await told();
    const isStill = now === before;
    before = now;
    return isStill;
  });
}

describe('a node that is killed', () => {
  it('has one other tell the app what has ended, the latest first, with the same bodies', async () => {
    const [doomed, ...others] = await Promise.all([startProcess(), startNode(), startNode(), startNode()]);
    const topics = Array.from({ length: 30 }, (_, index) => `${index}`);
    await subscriber(doomed.url, 'ann', topics);
    const staying = await subscriber(others[0].url, 'bob', ['1']);
    await doomed.stop();
    const asked = await app.requests('/on-end', topics.length);
    expect(textsOf(asked)).toEqual(topics.toReversed().map((topic) => bodyOf('ann', topic)));
    expect(new Set(asked.map(reasonOf))).toEqual(new Set(['node_lost']));
    expect(textsOf(app.asked.filter(({ path }) => path === '/before-end'))).toEqual(textsOf(asked));
    await Promise.all(others.map(untilAllTold));
    expect(app.paths.filter((path) => path === '/on-end')).toHaveLength(topics.length);
    expect(await staying.settled()).toEqual([]);
  });

  it('has all told when the one that tells is killed, too, each with the id that it had', async () => {
    const [doomed, sweeper] = await Promise.all([startProcess(), startProcess()]);
    const users = ['ann', 'bob', 'cat'];
    for (const user of users) await subscriber(doomed.url, user, ['1', '2']);
    const gate = deferred();
    const hanging = Array.from({ length: 3 }, (): Answer => ({ after: gate.promise }));
    app.answer('/before-end', {}, ...hanging);
    await doomed.stop();
    await app.requests('/before-end', 4);
    await sweeper.stop();
    gate.resolve();
    const first = app.asked.filter(({ path }) => path === '/before-end');
    await startNode();
    const told = await eventually(() => {
      const ids = new Set(app.asked.filter(({ path }) => path === '/on-end').map(idOf));
      return ids.size === 6 && app.asked.filter(({ path }) => path === '/on-end');
    });
    for (const user of users) {
      const own = textsOf(told).filter((text) => text.includes(`"${user}"`));
      expect(own.slice(-2)).toEqual([bodyOf(user, '2'), bodyOf(user, '1')]);
    }
    const again = app.asked.filter(({ path }) => path === '/before-end').slice(first.length);
    for (const one of first) expect(again.map(idOf)).toContain(idOf(one));
  });
});

describe('a node that is killed, of a service that hears of lives in lists', () => {
  const withLists = (): KittiwakeOptions => ({
    ...withRedis(),
    services: {
      lists: {
        requireAuthentication: false,
        onLifecycle: `${app.url}/lists`,
        lifecyclePeriod: '30ms',
        lifecycleDebounce: '20ms',
      },
    },
  });
  const events = (): LifecycleEvent[] =>
    app.asked.flatMap(({ path, body }) => (path === '/lists' ? (body.events as LifecycleEvent[]) : []));

  it('has another tell what has ended in its lists, with what the app knows them by', async () => {
    const [doomed] = await Promise.all([startProcess(withLists()), startNode(withLists())]);
    for (let client = 0; client < 5; client++) {
      const one = await TestClient.connect(doomed.url);
      expect(await one.ask({ event: 'subscribe', subscription: `lists.${client % 2}` })).toMatchObject({
        status: 'ok',
      });
    }
    await eventually(() => events().length === 7);
    const begun = events();
    await doomed.stop();
    const ended = await eventually(() => events().length >= 14 && events().slice(7));
    const nameOf = ({ event, connection, subscription, node }: LifecycleEvent): unknown => [
      event === 'began' || event === 'ended' ? 'client' : 'topic',
      connection ?? subscription,
      node,
    ];
    expect(ended.map(nameOf).map(String).toSorted()).toEqual(begun.map(nameOf).map(String).toSorted());
    expect(ended.filter(({ event }) => event === 'ended').every(({ reason }) => reason === 'node_lost')).toBe(
      true,
    );
    expect(app.asked.length).toBeLessThan(14);
  });
});

describe('a node with clients of rooms that is killed', () => {
  const withRooms = (): KittiwakeOptions => ({
    ...withRedis(),
    rooms: {
      path: '/rooms',
      api: { url: `${app.url}/`, bootstrap: 'allowed', onConnect: 'here', onDisconnect: 'gone' },
    },
  });

  it('has another tell the app that they have gone, with what it knows them by', async () => {
    const [doomed, other] = await Promise.all([startProcess(withRooms()), startNode(withRooms())]);
    const url = `ws://127.0.0.1:${doomed.port}/rooms?token=`;
    for (const token of ['ann', 'bob']) await TestClient.connect(url + token);
    const here = await app.requests('/here', 2);
    await (await TestClient.connect(`ws://127.0.0.1:${other.port}/rooms?token=cat`)).close();
    expect((await app.requests('/gone')).map(reasonOf)).toEqual(['closed']);
    await doomed.stop();
    const gone = (await app.requests('/gone', 3)).slice(1);
    expect(gone.map(reasonOf)).toEqual(['node_lost', 'node_lost']);
    const whom = ({ headers }: Asked): unknown => headers.authorization;
    expect(gone.map(whom).toSorted()).toEqual(here.map(whom).toSorted());
    expect(new Set(gone.map(idOf)).size).toBe(2);
    await untilAllTold(other);
    expect(app.paths.filter((path) => path === '/gone')).toHaveLength(3);
  });
});

describe('a node that is paused beyond its lease', () => {
  it('closes its clients, of whose ends the app has heard, and goes on with others', async () => {
    const [paused, other] = await Promise.all([startProcess(), startNode()]);
    const client = await subscriber(paused.url, 'ann', ['1', '2']);
    paused.signal('SIGSTOP');
    await app.requests('/on-end', 2);
    await untilAllTold(other);
    paused.signal('SIGCONT');
    expect(await client.untilClosed()).toEqual({ code: 1012, reason: 'Please reconnect.' });
    const back = await subscriber(paused.url, 'ann', ['1']);
    await back.close();
    const asked = await app.requests('/on-end', 3);
    expect(asked.map(reasonOf)).toEqual(['node_lost', 'node_lost', 'closed']);
    expect(new Set(asked.map(idOf)).size).toBe(3);
  });
});

describe('a Redis that is emptied while nodes live', () => {
  it('has all records again before long, and nobody is told of an end', async () => {
    const [doomed, other] = await Promise.all([startProcess(), startNode()]);
    await subscriber(doomed.url, 'ann', ['1', '2']);
    const staying = await subscriber(other.url, 'bob', ['3']);
    await operator.flushall();
    const hashes = async (): Promise<string[]> =>
      (await operator.keys(`${prefix}*leases:*`)).filter((key) => !/(nodes|takers)$/.test(key));
    await eventually(async () => {
      const sizes = await Promise.all((await hashes()).map((key) => operator.hlen(key)));
      return sizes.reduce((sum, size) => sum + size - 1, 0) === 3;
    });
    expect(app.paths.filter((path) => path.endsWith('-end'))).toEqual([]);
    await doomed.stop();
    expect(textsOf(await app.requests('/on-end', 2))).toEqual([bodyOf('ann', '2'), bodyOf('ann', '1')]);
    await untilAllTold(other);
    expect(await staying.settled()).toEqual([]);
    expect(app.paths.filter((path) => path === '/on-end')).toHaveLength(2);
  });
});

describe('a gateway without Redis', () => {
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'kittiwake-ledger-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('that is killed has the next one tell the app from its journal', async () => {
    const doomed = await startProcess(inFile(dir));
    await subscriber(doomed.url, 'ann', ['1', '2']);
    const left = await subscriber(doomed.url, 'bob', ['3']);
    await left.close();
    await app.requests('/on-end', 1);
    await eventually(async () => /^-/m.test(await journalIn(dir)), { what: 'the record to be removed' });
    await doomed.stop();
    await startNode(inFile(dir));
    const asked = await app.requests('/on-end', 3);
    expect(textsOf(asked)).toEqual([bodyOf('bob', '3'), bodyOf('ann', '2'), bodyOf('ann', '1')]);
    expect(asked.map(reasonOf)).toEqual(['closed', 'node_lost', 'node_lost']);
  });

  it('has a record of what begins before the app hears of it', async () => {
    const node = await startNode(inFile(dir));
    const seen: boolean[] = [];
    for (const topic of ['1', '2', '3']) {
      const gate = deferred();
      app.answer('/before', { after: gate.promise });
      const subscribing = subscriber(node.url, 'ann', [topic]);
      await app.requests('/before', seen.length + 1);
      seen.push((await journalIn(dir)).includes(`"books.${topic}"`));
      gate.resolve();
      await subscribing;
    }
    expect(seen).toEqual([true, true, true]);
  });

  it('that stops while the app is away has the next one tell of a mass disconnect, at its rate', async () => {
    const users = Array.from({ length: 30 }, (_, index) => `u${index}`);
    const away = Array.from({ length: 1_000 }, (): Answer => ({ status: 503 }));
    const first = await startNode({ ...inFile(dir), shutdown: { timeout: '100ms' } });
    const clients = [];
    for (const user of users) clients.push(await subscriber(first.url, user, ['1', '2']));
    await subscriber(first.url, 'ann', ['3']);
    app.answer('/before-end', ...away).answer('/on-end', ...away);
    for (const client of clients) client.drop();
    await app.requests('/before-end', users.length);
    await first.stop();
    app.forget();
    const startedMs = performance.now();
    await startNode(configuration({ ledger: { ...LEASE, dir, rate: 100 } }));
    const asked = await app.requests('/on-end', 61);
    expect(performance.now() - startedMs).toBeGreaterThan(400);
    expect(textsOf(asked).toSorted()).toEqual(
      [...users.flatMap((user) => [bodyOf(user, '1'), bodyOf(user, '2')]), bodyOf('ann', '3')].toSorted(),
    );
    for (const user of users) {
      const own = textsOf(asked).filter((text) => text.includes(`"${user}"`));
      expect(own).toEqual([bodyOf(user, '2'), bodyOf(user, '1')]);
    }
    const reasons = new Map(asked.map((one) => [one.text, reasonOf(one)]));
    expect([reasons.get(bodyOf('u0', '1')), reasons.get(bodyOf('ann', '3'))]).toEqual(['lost', 'closed']);
  });

  it('does not take the journal of one that lives', async () => {
    const living = await startNode(inFile(dir));
    const client = await subscriber(living.url, 'ann', ['1']);
    const other = await startNode(inFile(dir));
    await untilAllTold(other);
    await client.close();
    const [asked] = await app.requests('/on-end');
    expect(reasonOf(asked!)).toBe('closed');
  });
});
