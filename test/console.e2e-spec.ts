import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { request } from 'node:http';
import { WorkersRelay } from '../src/broker/workers/workers.relay.js';
import { Cluster } from '../src/cluster/cluster.js';
import { Hub } from '../src/delivery/hub.js';
import { FrameTaps } from '../src/operators/watch/tails/frame-taps.js';
import { Tails } from '../src/operators/watch/tails/tails.js';
import { stoppedAfterAll, stoppedAfterEach } from './support/cleanup.js';
import { ControlStage, tokenOf } from './support/client-control.js';
import type { TestClient } from './support/client.js';
import { ConsoleApi, FULL_KEY, OPERATOR_KEYS, READ_KEY } from './support/console.js';
import { API_KEY, TestGateway } from './support/gateway.js';
import { RawHttp } from './support/raw-http.js';
import { eventually } from './support/wait.js';

const stopped = stoppedAfterEach();
const stoppedInTheEnd = stoppedAfterAll();

interface Gathered {
  readonly complete: boolean;
  readonly asked: number;
  readonly answered: number;
  readonly missing: readonly string[];
}

const ALL = { complete: true, asked: 2, answered: 2, missing: [] };

describe('the console of two nodes', () => {
  let stage: ControlStage;
  let left: TestGateway;
  let right: TestGateway;
  let ann: TestClient;
  let console: ConsoleApi;

  /** Ann is on both nodes, Bob on the right; and so is somebody in a room. */
  beforeAll(async () => {
    const relay = stoppedInTheEnd(await WorkersRelay.start());
    stage = stoppedInTheEnd(new ControlStage(relay.path));
    const options = { operators: { port: 0, keys: OPERATOR_KEYS }, broker: { answerTimeout: '500ms' } };
    await stage.start(1, {
      ...options,
      services: { books: {}, open: { requireAuthentication: false }, own: {} },
    });
    await stage.add({ ...options, limits: { frameBytes: '2MiB' } });
    [left, right] = stage.gateways as [TestGateway, TestGateway];
    console = new ConsoleApi(left);
    ann = await stage.client(left, tokenOf('ann'), ['books.1', 'books.2']);
    const others = [
      await stage.client(right, tokenOf('ann'), ['books.1']),
      await stage.client(right, tokenOf('bob'), ['books.1']),
      await stage.member(right, [{ room: 1, floor: 2 }]),
      await stage.member(left, [{ floor: 2, room: 1 }]),
    ];
    for (const client of [ann, ...others]) stoppedInTheEnd({ stop: () => client.drop() });
  });

  const nodeOf = (gateway: TestGateway): string => gateway.app.get(Cluster).node;

  it('has each node say what it carries', async () => {
    const { nodes, ...gathered } = await console.read<Gathered & { nodes: { node: string }[] }>('nodes');
    expect(gathered).toEqual({ status: 'ok', ...ALL });
    expect(nodes.map(({ node }) => node)).toEqual([nodeOf(left), nodeOf(right)].toSorted());
    expect(nodes.find(({ node }) => node === nodeOf(right))).toMatchObject({
      pid: process.pid,
      state: 'ready',
      broker: 'ready',
      connections: 3,
      subscriptions: { topics: 2, rooms: 1 },
      topics: 1,
      rooms: 1,
      memory: expect.any(Number),
      uptime: expect.any(Number),
    });
  });

  it('says how fast things go to who looks again', async () => {
    const publish = (): Promise<Response> => left.publish({ subscription: 'books.1', data: 1 });
    const { nodes } = await eventually(async () => {
      await publish();
      const body = await console.read<{ nodes: Record<string, number>[] }>('nodes');
      return body.nodes.every(({ received_per_second: rate }) => rate !== undefined && rate > 0) && body;
    });
    for (const { cpu, loop, loop_lag: lag } of nodes)
      expect([cpu, loop, lag]).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
    const [first] = await eventually(async () => {
      await publish();
      const { items } = await console.read<{ items: Record<string, number>[] }>('topics', { sort: 'rate' });
      return (items[0]?.publications_per_second ?? 0) > 0 && items;
    });
    expect(first).toMatchObject({ topic: 'books.1' });
    await eventually(async () => {
      await left.trigger({ rooms: [{ room: 1, floor: 2 }], data: 1 });
      const { items } = await console.read<{ items: Record<string, number>[] }>('rooms');
      return (items[0]?.publications_per_second ?? 0) > 0;
    });
  });

  it('says what other nodes have otherwise', async () => {
    const { differences, ...body } = await console.read<{ differences: { key: string }[] }>('config');
    expect(body).toMatchObject({ node: nodeOf(left), ...ALL });
    const isOwn = ({ key }: { key: string }): boolean => key.startsWith('services.own.');
    const node = nodeOf(right);
    expect(differences.filter((one) => !isOwn(one))).toEqual([
      { node, key: 'limits.frameBytes', value: '2MiB', source: { kind: 'option' } },
    ]);
    expect(differences).toContainEqual({ node, key: 'services.own.requireAuthentication' });
  });

  it('lists the topics and rooms that have most subscribers', async () => {
    expect(await console.read('topics')).toMatchObject({
      items: [
        { topic: 'books.1', subscribers: 3, on_nodes: 2 },
        { topic: 'books.2', subscribers: 1, on_nodes: 1 },
      ],
      at_least: 2,
      ...ALL,
    });
    expect(await console.read('topics', { find: 's.2', limit: '1' })).toMatchObject({
      items: [{ topic: 'books.2', subscribers: 1 }],
    });
    expect(await console.read('rooms')).toMatchObject({
      items: [{ room: { floor: 2, room: 1 }, subscribers: 2, on_nodes: 2 }],
    });
  });

  it.each([
    ['topics', { limit: '501' }, 'limit must be a whole number from 1 to 500'],
    ['rooms', { sort: 'name' }, 'sort must be subscribers or rate'],
    ['topics', { find: 'x'.repeat(513) }, 'find must be a text of at most 512 characters'],
    ['connections', { limit: '0' }, 'limit must be a whole number from 1 to 1000'],
    ['tail', { topic: 'nobody.1' }, 'nobody.1 is not <service>.<topic> of a configured service'],
    ['tail', { topic: 'books.1', identity: 'ann' }, 'say one of topic, room, identity and connection'],
    ['tail', {}, expect.stringContaining('say which clients')],
  ])('refuses what cannot be asked of %s: %j', async (path, query, error) => {
    expect(await console.get(path, query as Record<string, string>)).toEqual([
      400,
      { status: 'error', error },
    ]);
  });

  it('lists connections of all nodes', async () => {
    const { connections, ...page } = await console.read<{ connections: unknown[] }>('connections', {
      identity: 'ann',
    });
    expect(connections).toHaveLength(2);
    expect(page).toMatchObject({ total: 2, cursor: null, ...ALL });
  });

  it('tells of callbacks, and of what was refused, with the reasons', async () => {
    await ann.ask({ event: 'subscribe', subscription: 'nobody.1' });
    const { callbacks, ...more } = await console.read<{ callbacks: object[] }>('callbacks');
    expect(callbacks).toContainEqual(
      expect.objectContaining({ service: 'rooms', callback: 'allowedRooms', calls: 2, failures: 0 }),
    );
    expect(more).toMatchObject({ waiting: 0, waiting_seconds: 0, ...ALL });
    const refusals = await console.read<{ latest: object[] }>('refusals');
    expect(refusals).toMatchObject({ refusals: { invalid_service: 1 }, closes: {}, handshakes: {}, ...ALL });
    expect(refusals.latest[0]).toEqual({
      at: expect.any(String),
      node: nodeOf(left),
      kind: 'invalid_service',
      what: expect.any(String),
      why: expect.any(String),
      by: 'the gateway',
      address: '127.0.0.1',
    });
  });

  it('follows a topic, whoever has published, and masks data unless it is asked for', async () => {
    const [masked, shown] = [
      stopped(await console.tail({ topic: 'books.9' })),
      stopped(await console.tail({ topic: 'books.9', data: 'true' })),
    ];
    await right.publish({ subscription: 'books.9', data: { price: 12, name: 'x' } });
    const common = { at: expect.any(String), topic: 'books.9', size: 23 };
    expect(await masked.next('publication')).toEqual({
      ...common,
      data: { price: '<number>', name: '<text, 1>' },
    });
    expect(await shown.next('publication')).toEqual({ ...common, data: { price: 12, name: 'x' } });
    masked.stop();
    shown.stop();
    await eventually(() => !left.app.get(Hub).channels.has('books.9'), {
      what: 'the end of the channel that nobody follows any more',
    });
  });

  it('follows a room', async () => {
    const tail = stopped(await console.tail({ room: '{"floor":2,"room":"*"}', data: 'true' }));
    await right.trigger({ rooms: [{ room: 7, floor: 3 }], data: 'elsewhere' });
    await right.trigger({ rooms: [{ room: 7, floor: 2 }], data: 'here', exclude: 'somebody' });
    expect(await tail.next('trigger')).toEqual({
      at: expect.any(String),
      rooms: [{ room: 7, floor: 2 }],
      exclude: 'somebody',
      size: 6,
      data: 'here',
    });
  });

  it('follows the frames of somebody on all nodes, and lets go of them afterwards', async () => {
    const tail = stopped(await console.tail({ identity: 'ann' }));
    expect(await tail.next('clients')).toEqual({ connections: 2, missing: [] });
    await left.publish({ subscription: 'books.1', data: { secret: 'it is' } });
    const frames = [await tail.next('frame'), await tail.next('frame')];
    expect(frames.map(({ node }) => node).toSorted()).toEqual([nodeOf(left), nodeOf(right)].toSorted());
    expect(frames[0]).toMatchObject({
      direction: 'out',
      connection: expect.any(String),
      frame: { event: 'message', subscription: 'books.1', data: { secret: '<text, 5>' } },
    });
    await ann.ask({ event: 'message', subscription: 'books.1', data: 'hello' });
    expect(await tail.next('frame')).toMatchObject({
      direction: 'in',
      frame: { event: 'message', subscription: 'books.1', data: '<text, 5>' },
    });
    tail.stop();
    for (const { app } of [left, right])
      await eventually(() => app.get(FrameTaps)['taps'].size === 0, { what: 'the end of hearing frames' });
    await left.publish({ subscription: 'books.2', data: 'after' });
    expect((await ann.settled()).at(-1)).toMatchObject({ data: 'after' });
  });

  it('lets no more than twenty be followed at a time', async () => {
    const tails = left.app.get(Tails);
    const leave = new AbortController();
    const query = { topic: 'books.20', showsData: false };
    const all = Array.from({ length: 20 }, () => tails.follow(query, leave.signal));
    for (const one of all) await one.next();
    expect(await console.get('tail', { topic: 'books.1' })).toEqual([
      400,
      { status: 'error', error: 'no more than 20 can be followed at a time' },
    ]);
    leave.abort();
    for (const one of all) expect((await one.next()).done).toBe(true);
    stopped(await console.tail({ topic: 'books.1' }));
  });

  it('shows secrets of nobody', async () => {
    const id = ann.hello!.connection_id as string;
    const tail = stopped(await console.tail({ connection: id, data: 'true' }));
    await tail.next('clients');
    await ann.ask({ event: 'auth', method: 'jwt', token: tokenOf('ann') });
    expect(await tail.next('frame')).toMatchObject({ frame: { event: 'auth', method: 'jwt', token: '***' } });
  });

  it('names the nodes that do not answer', async () => {
    const answerers = right.app.get(Cluster)['answerers'];
    const answerer = answerers.get('console node')!;
    answerers.set('console node', () => new Promise(() => undefined));
    try {
      expect(await console.read('nodes')).toMatchObject({
        nodes: [{ node: nodeOf(left) }],
        complete: false,
        asked: 2,
        answered: 1,
        missing: [nodeOf(right)],
      });
    } finally {
      answerers.set('console node', answerer);
    }
  });

  it('acts on all nodes, and the log has who did what', async () => {
    const told: string[] = [];
    const log = jest
      .spyOn(Logger.prototype, 'log')
      .mockImplementation((line: string) => void told.push(line));
    try {
      const carl = await stage.client(right, tokenOf('carl'), ['books.3', 'books.4']);
      stopped({ stop: () => carl.drop() });
      expect(await console.post('publish', { subscription: 'books.3', data: 'not for the log' })).toEqual([
        200,
        { status: 'ok' },
      ]);
      expect(await console.post('trigger', { rooms: [{ a: 1 }], data: 1 })).toMatchObject([
        200,
        { reached: 0 },
      ]);
      expect(await console.post('unsubscribe', { identity: 'carl', topic: 'books.3' })).toMatchObject([
        200,
        { unsubscribed: 1 },
      ]);
      expect(await console.post('disconnect', { identity: 'carl' })).toMatchObject([
        200,
        { disconnected: 1 },
      ]);
      expect(await console.post('disconnect', {})).toMatchObject([400, { status: 'error' }]);
      const nodes = '"complete":true,"nodes":{"asked":2,"answered":2}}';
      expect(told.filter((line) => line.startsWith('ful'))).toEqual([
        'ful (full) from 127.0.0.1: publish "books.3": 200 {"status":"ok"}',
        'ful (full) from 127.0.0.1: trigger [{"a":1}]: 200 {"status":"ok","reached":0}',
        `ful (full) from 127.0.0.1: unsubscribe {"identity":"carl","topic":"books.3"}: 200 {"status":"ok","unsubscribed":1,${nodes}`,
        `ful (full) from 127.0.0.1: disconnect {"identity":"carl"}: 200 {"status":"ok","disconnected":1,${nodes}`,
        expect.stringMatching(/^ful \(full\) from 127\.0\.0\.1: disconnect \{\}: 400 /),
      ]);
    } finally {
      log.mockRestore();
    }
  });

  it('lets who may only look do nothing, and see no data', async () => {
    const reader = new ConsoleApi(left, READ_KEY);
    expect(await reader.read('session')).toMatchObject({ operator: 'rea', access: 'read', keys: true });
    const full = { status: 'error', error: 'this takes a key with full access' };
    for (const action of ['disconnect', 'unsubscribe', 'publish', 'trigger'])
      expect(await reader.post(action, { identity: 'ann' })).toEqual([403, full]);
    expect(await reader.get('tail', { topic: 'books.1', data: 'true' })).toEqual([
      403,
      { status: 'error', error: 'to see data takes a key with full access' },
    ]);
  });

  it('lets nobody look without a key, or with a wrong one', async () => {
    expect(await new ConsoleApi(left, null).read('session')).toEqual({
      status: 'ok',
      operator: 'nobody',
      access: 'none',
      keys: true,
      refusal: 'a key for operators is required',
    });
    for (const key of [null, 'another-key-altogether', API_KEY, FULL_KEY.toUpperCase()])
      expect(await new ConsoleApi(left, key).get('nodes')).toMatchObject([401, { status: 'error' }]);
    expect(await console.read('refusals')).toMatchObject({
      refusals: { operator_refused: expect.any(Number) },
    });
  });

  it('takes no more than it is to take, and actions by POST alone', async () => {
    const [status] = await console.post('publish', { subscription: 'books.1', data: 'x'.repeat(1_048_577) });
    expect(status).toBe(413);
    const headers = { Authorization: `Bearer ${FULL_KEY}` };
    expect((await fetch(`${left.operatorsUrl}/console/api/disconnect`, { headers })).status).toBe(405);
  });
});

describe('the console without keys', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = stoppedInTheEnd(
      await TestGateway.start({ operators: { path: '/kittiwake' }, services: { a: {} } }),
    );
  });

  it('is for who comes by the loopback, to look', async () => {
    const console = new ConsoleApi(gateway, null);
    expect(await console.read('session')).toEqual({
      status: 'ok',
      operator: 'anyone',
      access: 'read',
      keys: false,
      node: expect.any(String),
      version: expect.any(String),
      services: ['a'],
      rooms: false,
    });
    expect(await console.post('publish', { subscription: 'a.1', data: 1 })).toMatchObject([403, {}]);
    expect((await console.post('trigger', {}).catch(() => [404]))[0]).toBe(404);
  });

  it('is for nobody on the main port', async () => {
    const console = new ConsoleApi(gateway, null, `${gateway.httpUrl}/kittiwake/console/api`);
    expect(await console.get('nodes')).toEqual([
      403,
      { status: 'error', error: expect.stringContaining('operators.keys') },
    ]);
  });

  it('does not wait for the body of who may not act', async () => {
    const stranger = stopped(await RawHttp.connect({ port: gateway.port }));
    stranger.send(
      'POST /kittiwake/console/api/publish HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{',
    );
    expect((await stranger.answer()).status).toBe(403);
  });

  /** A page that has had its name point to the loopback would read all of it. */
  it('is not for pages that have pointed their names here', async () => {
    const { port } = new URL(gateway.operatorsUrl);
    const statusFor = (host: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const path = '/console/api/nodes';
        request({ port, path, headers: { Host: host } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on('error', reject)
          .end();
      });
    expect(await statusFor(`page.example.com:${port}`)).toBe(403);
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`, '10.1.2.3'])
      expect([host, await statusFor(host)]).toEqual([host, 200]);
  });

  it('shows what is in force, and where it came from, without secrets', async () => {
    const { settings } = await new ConsoleApi(gateway, null).read<{ settings: { key: string }[] }>('config');
    const found = (key: string): unknown => settings.find((one) => one.key === key);
    expect(found('operators.path')).toMatchObject({ value: '/kittiwake', source: { kind: 'option' } });
    expect(found('limits.frameBytes')).toMatchObject({ value: '1MiB', source: { kind: 'default' } });
    expect(found('publish.apiKeys')).toMatchObject({ value: ['***'], source: { kind: 'option' } });
    expect(found('services.a.requireAuthentication')).toMatchObject({ source: { kind: 'default' } });
    expect(JSON.stringify(settings)).not.toContain(API_KEY);
  });

  it('may be off', async () => {
    const off = stopped(await TestGateway.start({ operators: { console: false, path: '/kittiwake' } }));
    for (const base of [off.operatorsUrl, `${off.httpUrl}/kittiwake`])
      for (const path of ['/console', '/console/main.js', '/console/api/nodes'])
        expect([path, (await fetch(base + path)).status]).toEqual([path, 404]);
  });
});

describe('the console on the main port', () => {
  it('follows and acts there as well, with a key', async () => {
    const gateway = stopped(
      await TestGateway.start({
        operators: { path: '/kittiwake', keys: OPERATOR_KEYS },
        services: { a: {} },
      }),
    );
    const console = new ConsoleApi(gateway, FULL_KEY, `${gateway.httpUrl}/kittiwake/console/api`);
    const tail = stopped(await console.tail({ topic: 'a.1', data: 'true' }));
    expect(await console.post('publish', { subscription: 'a.1', data: 12 })).toEqual([200, { status: 'ok' }]);
    expect(await tail.next('publication')).toMatchObject({ topic: 'a.1', data: 12 });
    const page = await fetch(`${gateway.httpUrl}/kittiwake/console`);
    expect([page.status, page.headers.get('content-security-policy')]).toEqual([
      200,
      expect.stringContaining("default-src 'none'; script-src 'self'"),
    ]);
    const names = (await page.text()).match(/(?<=(?:href|src)=")console\/[^"]+/g);
    expect(names).toEqual(['console/style.css', 'console/main.js']);
    for (const name of names!)
      expect([name, (await fetch(`${gateway.httpUrl}/kittiwake/${name}`)).status]).toEqual([name, 200]);
  });
});
