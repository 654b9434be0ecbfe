import { Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';
import type { KittiwakeOptions } from '../src/config/options.js';
import { Hub } from '../src/delivery/hub.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { TestClient } from './support/client.js';
import { FakeModel } from './support/fake-model.js';
import { TestGateway } from './support/gateway.js';
import { RedisServer } from './support/redis-server.js';
import { rpcToken, SECRET, V1 } from './support/rpc.js';
import { BUILD_TIMEOUT_MS, ensureBuilt, ServerProcess } from './support/server-process.js';
import { eventually } from './support/wait.js';

const LEASE = { lease: '1s', beat: '200ms', rate: 1_000 };
const WAIT = { timeoutMs: 20_000 };
/** `KEPT_CALLS_SOAK=10000 npm run jest -- kept-calls-nodes` makes so many calls that are to leave nothing behind. */
const SOAK = Number(process.env.KEPT_CALLS_SOAK ?? 20);

type Frame = Record<string, unknown>;

let redis: RedisServer;
let operator: Redis;
let app: FakeModel;
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
  app = await FakeModel.start();
});
afterEach(() => app.stop());
afterAll(async () => {
  operator.disconnect();
  await redis.stop();
});

function options(resumable: object = {}, shutdown = '0s', more: object = {}): KittiwakeOptions {
  const remote = {
    url: `${app.url}/answer`,
    stream: true,
    ...more,
    resumable: { onLost: `${app.url}/lost`, mayWatch: `${app.url}/may-watch`, ...resumable },
  };
  return {
    auth: { jwt: { algorithms: ['HS256'], secret: SECRET, fields: { user_id: 'user_id' } } },
    broker: { kind: 'redis', redis: { url: redis.url, prefix } },
    ledger: LEASE,
    callbacks: { wait: '10ms', tries: 1 },
    procedures: { remote: { answer: remote }, kept: { gather: '20ms', shutdown, keptPerIdentity: 0 } },
  };
}

const startNode = async (given: KittiwakeOptions): Promise<TestGateway> =>
  stopped(await TestGateway.start(given));
const startProcess = async (given: KittiwakeOptions): Promise<ServerProcess> =>
  stopped(await ServerProcess.start({ config: given }));

async function connect(node: { url: string }, user: string | number = 1): Promise<TestClient> {
  const client = await TestClient.connect(node.url, [V1]);
  await client.ask({ event: 'auth', method: 'jwt', token: rpcToken({ user_id: user }) });
  return client;
}

async function begin(client: TestClient): Promise<string> {
  return String((await client.ask({ event: 'call', id: 1, procedure: 'answer' })).call);
}

/** What comes of a call: the texts, and the last frame. */
async function follow(client: TestClient): Promise<{ texts: unknown[]; last: Frame }> {
  const texts: unknown[] = [];
  for (;;) {
    await eventually(() => client.frames.length > 0 || client.closed, WAIT);
    const frame = await client.next();
    if ('data' in frame) texts.push(frame.data);
    if (frame.more !== true) return { texts, last: frame };
  }
}

async function watchFrom(node: { url: string }, call: string, position?: number): Promise<TestClient> {
  const client = await connect(node);
  client.send({ event: 'call', id: 2, call, ...(position !== undefined && { position: `${position}` }) });
  return client;
}

const lost = (): Frame[] => app.notes.filter(({ path }) => path === '/lost').map(({ body }) => body);

describe('a kept call', () => {
  it('is gone on with on another node, over any way in, by whom the app lets', async () => {
    const [a, b] = await Promise.all([startNode(options()), startNode(options())]);
    app.upTo = 4;
    const client = await connect(a);
    const call = await begin(client);
    await eventually(() => client.frames.length === 4, WAIT);
    client.drop();
    const watcher = await watchFrom(b, call, 2);
    const headers = { Authorization: `Bearer ${rpcToken({ user_id: 1 })}`, Accept: 'application/x-ndjson' };
    const lines = await fetch(`${b.httpUrl}/rpc/calls/${call}`, { headers });
    const friend = await connect(b, 'friend');
    friend.send({ event: 'call', id: 2, call });
    expect(await (await connect(b, 'foe')).ask({ event: 'call', id: 2, call })).toMatchObject({
      code: 'call_not_found',
    });
    app.upTo = 10;
    expect(await follow(watcher)).toMatchObject({
      texts: app.text.slice(2),
      last: { status: 'ok', position: '11' },
    });
    expect((await follow(friend)).texts).toEqual(app.text);
    expect(await lines.text()).toBe(app.text.map((text) => `${JSON.stringify(text)}\n`).join(''));
    expect(app.notes.map(({ body }) => body)).toContainEqual({
      procedure: 'answer',
      call,
      owner: { user_id: 1 },
      identity: { user_id: 'friend' },
    });
    expect(app.runs).toHaveLength(1);
    // A second start with the same key, wherever, is the first.
    app.upTo = 0;
    const event = { event: 'call', id: 1, procedure: 'answer', idempotency_key: 'k' };
    const both = await Promise.all([connect(a), connect(b)]);
    const firsts = await Promise.all(both.map((one) => one.ask(event)));
    expect(firsts[0]!.call).toBe(firsts[1]!.call);
    await eventually(() => app.runs.length === 2, WAIT);
    // Whoever cancels it, wherever.
    const cancelled = await (await connect(b)).ask({ event: 'cancel', id: 9, call: firsts[0]!.call });
    expect(cancelled).toEqual({ event: 'cancel', id: 9, status: 'ok' });
    for (const one of both) expect((await follow(one)).last).toMatchObject({ code: 'call_cancelled' });
    await eventually(() => app.runs[1]!.isOver, WAIT);
    expect(app.runs).toHaveLength(2);
    // Of the start that was none, no record is left.
    for (const node of [a, b])
      await eventually(async () => (await node.metric('kittiwake_ledger_records')) === 0, WAIT);
  }, 40_000);

  it('that nobody watches stops, but not while somebody does on another node', async () => {
    const given = options({ whenAbandoned: 'stop', grace: '300ms' });
    const [a, b] = await Promise.all([startNode(given), startNode(given)]);
    app.upTo = 1;
    const client = await connect(a);
    const call = await begin(client);
    const watcher = await watchFrom(b, call);
    await eventually(() => watcher.frames.length === 2, WAIT);
    client.drop();
    await delay(900); // three times the grace
    expect(app.runs[0]!.isOver).toBe(false);
    watcher.drop();
    await eventually(() => app.runs[0]!.isOver, WAIT);
    const late = await follow(await watchFrom(b, call));
    expect(late).toMatchObject({ texts: app.text.slice(0, 1), last: { code: 'call_abandoned' } });
  }, 40_000);

  it('goes on where Redis has lost all that was kept, or all are told, never a part', async () => {
    const [a, b] = await Promise.all([startNode(options()), startNode(options())]);
    // More writes than a node has at hand.
    Object.assign(app, { length: 30, upTo: 24, paceMs: 30 });
    const client = await connect(a);
    const call = await begin(client);
    const watcher = await watchFrom(b, call);
    await eventually(() => client.frames.length === 24 && watcher.frames.length === 25, WAIT);
    await operator.flushall();
    app.upTo = 27;
    await eventually(() => client.frames.length === 27 && watcher.frames.length === 28, WAIT);
    // Who has had what was lost goes on; who has not cannot have all.
    const again = await watchFrom(b, call, 25);
    const late = await watchFrom(b, call);
    expect(await follow(late)).toMatchObject({ texts: [], last: { code: 'position_lost' } });
    app.upTo = 30;
    for (const one of [client, watcher]) expect((await follow(one)).texts).toEqual(app.text);
    expect((await follow(again)).texts).toEqual(app.text.slice(25));
    expect(app.runs).toHaveLength(1);
  }, 40_000);

  it(
    'leaves nothing behind after its time',
    async () => {
      const node = await startNode(options({ ttl: '1s' }));
      const clients = await Promise.all(Array.from({ length: 5 }, () => connect(node, tests)));
      const one = async (client: TestClient): Promise<void> => {
        for (let i = 0; i < SOAK / clients.length; i++) {
          await begin(client);
          expect((await follow(client)).texts).toEqual(app.text);
        }
      };
      await Promise.all(clients.map(one));
      for (const client of clients) client.drop();
      const left = async (): Promise<string[]> =>
        (await operator.keys(`${prefix}*call*`)).filter((key) => !key.includes('node'));
      expect((await left()).length).toBeGreaterThan(0);
      await eventually(async () => (await left()).length === 0, WAIT);
      expect(await node.metric('kittiwake_kept_calls_running')).toBe(0);
      expect(await node.metric('kittiwake_kept_call_watchers')).toBe(0);
      expect(await node.metric('kittiwake_ledger_records')).toBe(0);
      expect(app.runs.filter(({ isOver }) => !isOver)).toEqual([]);
      expect(node.app.get(Hub).channelCount).toBe(0);
    },
    40_000 + SOAK * 20,
  );
});

describe('a node that is killed', () => {
  it('has all who watch its calls hear of it within the lease, with what was kept, and the app, once', async () => {
    const [doomed, a, b] = await Promise.all([
      startProcess(options()),
      startNode(options()),
      startNode(options()),
    ]);
    app.upTo = 3;
    const client = await connect(doomed);
    const call = await begin(client);
    await eventually(() => client.frames.length === 3, WAIT);
    const watcher = await watchFrom(a, call, 1);
    await eventually(() => watcher.frames.length === 3, WAIT);
    await doomed.stop();
    const told = { status: 'error', code: 'call_lost' };
    expect(await follow(watcher)).toMatchObject({ texts: app.text.slice(1, 3), last: told });
    expect(await follow(await watchFrom(b, call))).toMatchObject({ texts: app.text.slice(0, 3), last: told });
    await eventually(() => lost().length > 0, WAIT);
    await delay(300);
    expect(lost()).toEqual([{ procedure: 'answer', call, identity: { user_id: 1 }, results: 3 }]);
    expect(app.runs).toHaveLength(1);
  }, 60_000);

  it('has another go on with its calls, where the app can', async () => {
    const given = options({ takeOver: true });
    const [doomed, a] = await Promise.all([startProcess(given), startNode(given)]);
    app.upTo = 3;
    const client = await connect(doomed);
    const call = await begin(client);
    await eventually(() => client.frames.length === 3, WAIT);
    const watcher = await watchFrom(a, call, 1);
    await eventually(() => watcher.frames.length === 3, WAIT);
    await doomed.stop();
    app.upTo = 10;
    expect(await follow(watcher)).toMatchObject({
      texts: app.text.slice(1),
      last: { status: 'ok', position: '11' },
    });
    expect(app.runs.map(({ from }) => from)).toEqual([0, 3]);
    expect(app.runs[1]!.body).toEqual(app.runs[0]!.body);
    expect(lost()).toEqual([]);
    expect(await a.metric('kittiwake_kept_calls_total', { outcome: 'taken_over' })).toBe(1);
  }, 60_000);
});

describe('a gateway that stops', () => {
  it.each([
    ['waits for its calls', {}, '20s'],
    ['hands over what has not ended', { takeOver: true }, '200ms'],
  ])(
    '%s',
    async (_does, resumable, shutdown) => {
      const given = options(resumable, shutdown);
      const [a, b] = await Promise.all([startNode(given), startNode(given)]);
      app.upTo = 3;
      const call = await begin(await connect(a));
      const watcher = await watchFrom(b, call);
      await eventually(() => watcher.frames.length === 4, WAIT);
      const stopping = a.stop();
      const isHandedOver = 'takeOver' in resumable;
      if (isHandedOver) await stopping;
      app.upTo = 10;
      expect(await follow(watcher)).toMatchObject({ texts: app.text, last: { status: 'ok' } });
      expect(app.runs.map(({ from }) => from)).toEqual(isHandedOver ? [0, 3] : [0]);
      await stopping;
    },
    60_000,
  );

  // An app that was away in that moment never heard of it.
  it.each([
    ['at once', false],
    ['by another node, where the app was away', true],
  ])(
    'tells that the others are lost, %s',
    async (_when, isAway) => {
      const given = options({}, '100ms');
      const [a, b] = await Promise.all([startNode(given), startNode(given)]);
      app.upTo = 3;
      const call = await begin(await connect(a));
      const watcher = await watchFrom(b, call);
      await eventually(() => watcher.frames.length === 4, WAIT);
      app.isAway = isAway;
      await a.stop();
      expect(await follow(watcher)).toMatchObject({
        texts: app.text.slice(0, 3),
        last: { code: 'call_lost' },
      });
      const told = { procedure: 'answer', call, identity: { user_id: 1 }, results: 3 };
      expect(lost()).toEqual([told]);
      app.isAway = false;
      if (isAway) await eventually(() => lost().length > 1, WAIT);
      expect(lost().at(-1)).toEqual(told);
      const keys = new Set(app.notes.map(({ headers }) => headers['idempotency-key']));
      expect(keys.size).toBe(1);
    },
    60_000,
  );

  // A call that had been gone on with ran to its end, though nobody watched it any more.
  it('hands over calls that stop when nobody watches them', async () => {
    const given = options({ takeOver: true, whenAbandoned: 'stop', grace: '300ms' });
    const [a, b] = await Promise.all([startNode(given), startNode(given)]);
    app.upTo = 3;
    const call = await begin(await connect(a));
    const watcher = await watchFrom(b, call);
    await eventually(() => watcher.frames.length === 4, WAIT);
    await a.stop();
    await eventually(() => app.runs.length === 2, WAIT);
    await delay(900); // three times the grace
    expect(app.runs[1]!.isOver).toBe(false);
    watcher.drop();
    await eventually(() => app.runs[1]!.isOver, WAIT);
    expect(await follow(await watchFrom(b, call))).toMatchObject({ last: { code: 'call_abandoned' } });
  }, 60_000);

  // A node that had taken a call and then had no room for it left it to nobody, and its watchers waited for ever.
  it('hands over as soon as there is room', async () => {
    const given = options({ takeOver: true }, '0s', { concurrency: 1 });
    const [a, b] = await Promise.all([startNode(given), startNode(given)]);
    app.upTo = 3;
    const call = await begin(await connect(a));
    const other = await connect(b, 2);
    const busy = await begin(other);
    const watcher = await watchFrom(b, call);
    await eventually(() => watcher.frames.length === 4, WAIT);
    await a.stop();
    await eventually(async () => (await b.metric('kittiwake_ledger_nodes_total')) === 1, WAIT);
    await delay(300); // then it is tried, once
    expect(app.runs).toHaveLength(2);
    expect(await other.ask({ event: 'cancel', id: 9, call: busy })).toMatchObject({ status: 'ok' });
    await eventually(() => app.runs.length === 3, WAIT);
    app.upTo = 10;
    expect(await follow(watcher)).toMatchObject({ texts: app.text, last: { status: 'ok' } });
    expect(app.runs.map(({ from }) => from)).toEqual([0, 0, 3]);
  }, 60_000);
});
