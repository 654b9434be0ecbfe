import { Kittiwake } from '../src/kittiwake.js';
import { stoppedAfterAll } from './support/cleanup.js';
import { ControlStage, tokenOf } from './support/client-control.js';
import { TestClient } from './support/client.js';
import { API_KEY, type TestGateway } from './support/gateway.js';
import { RedisServer } from './support/redis-server.js';

interface Page {
  readonly connections: readonly Record<string, unknown>[];
  readonly cursor: string | null;
  readonly total: number;
  readonly complete: boolean;
  readonly nodes: object;
}

const stopped = stoppedAfterAll();
const stage = new ControlStage();
let redis: RedisServer;
let left: TestGateway;
let right: TestGateway;
let clients: TestClient[];

/** Ann is on both nodes, and calls; bob is on the right. One is in a room, and one has said nothing yet. */
beforeAll(async () => {
  redis = stopped(await RedisServer.start());
  stopped(stage);
  await stage.start(2, { broker: { kind: 'redis', redis: { url: redis.url } }, ledger: { kind: 'none' } });
  [left, right] = stage.gateways as [TestGateway, TestGateway];
  clients = [
    await stage.client(left, tokenOf('ann'), ['books.1', 'books.2']),
    await stage.client(right, tokenOf('ann'), ['books.1']),
    await stage.caller(left, tokenOf('ann')),
    await stage.client(right, tokenOf(7)),
    await stage.member(left, [{ room: 1 }]),
    await TestClient.connect(right.url),
  ];
  await clients[2]!.greeting();
  for (const client of clients) stopped({ stop: () => client.drop() });
});

async function ask(
  query: Record<string, string> = {},
  gateway = left,
): Promise<[status: number, page: Page]> {
  const response = await fetch(`${gateway.httpUrl}/connections?${new URLSearchParams(query).toString()}`, {
    headers: { Authorization: `Bearer ${API_KEY}` },
  });
  return [response.status, (await response.json()) as Page];
}

const idOf = async (client: TestClient): Promise<unknown> => (await client.greeting()).connection_id;

describe('GET /connections', () => {
  it('has those of all nodes, whatever they speak', async () => {
    const [status, { connections, ...page }] = await ask();
    expect([status, page]).toEqual([
      200,
      { status: 'ok', cursor: null, total: 6, complete: true, nodes: { asked: 2, answered: 2 } },
    ]);
    const since = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
    const common = { address: '127.0.0.1', since, node: expect.any(String) };
    expect(connections.find(({ id }) => id === clients[0]!.hello!.connection_id)).toEqual({
      ...common,
      id: await idOf(clients[0]!),
      endpoint: 'topics',
      transport: 'websocket',
      identity: 'ann',
      subscriptions: 2,
    });
    expect(
      connections
        .map(({ endpoint, identity, subscriptions }) => [endpoint, identity, subscriptions])
        .toSorted(),
    ).toEqual(
      [
        ['topics', 'ann', 2],
        ['topics', 'ann', 1],
        ['procedures', 'ann', 0],
        ['topics', 7, 0],
        ['rooms', undefined, 1],
        ['topics', undefined, 0],
      ].toSorted(),
    );
    expect(new Set(connections.map(({ node }) => node)).size).toBe(2);
    expect(Math.abs(Date.parse(connections[0]!.since as string) - Date.now())).toBeLessThan(60_000);
  });

  it('finds them by what is known of them', async () => {
    const count = async (query: Record<string, string>): Promise<number> =>
      (await ask(query, right))[1].total;
    const [, { connections }] = await ask({ topic: 'books.2', subscriptions: 'true' });
    expect(connections).toMatchObject([{ identity: 'ann', topics: ['books.1', 'books.2'] }]);
    const node = connections[0]!.node as string;
    expect(await count({ identity: 'ann' })).toBe(3);
    expect(await count({ identity: 'ann', topic: 'books.1' })).toBe(2);
    expect([await count({ identity_json: '7' }), await count({ identity: '7' })]).toEqual([1, 0]);
    expect([await count({ node }), await count({ node, identity: 'ann' })]).toEqual([3, 2]);
    expect([await count({ address: '127.0.0.1' }), await count({ address: '127.0.0.2' })]).toEqual([6, 0]);
    expect(await count({ room: '{"room":1.0}' })).toBe(1);
    expect(await count({ connection: (await idOf(clients[3]!)) as string })).toBe(1);
    expect((await ask({ node: 'nowhere' }))[1]).toMatchObject({
      complete: false,
      nodes: { asked: 1, answered: 0 },
    });
  });

  it.each([1, 2, 4, 5])('goes page by page of %i, each once and in order', async (limit) => {
    const ids: unknown[] = [];
    const totals: number[] = [];
    let cursor: string | null = '';
    for (let pages = 0; cursor !== null && pages < 10; pages++) {
      const [, page]: [number, Page] = await ask({ limit: `${limit}`, ...(cursor && { cursor }) });
      expect(page.connections.length).toBeLessThanOrEqual(limit);
      ids.push(...page.connections.map(({ id }) => id));
      totals.push(page.total);
      ({ cursor } = page);
    }
    expect([ids.length, new Set(ids).size, totals[0]]).toEqual([6, 6, 6]);
    expect(totals).toEqual(Array.from({ length: Math.ceil(6 / limit) }, (_, i) => 6 - i * limit));
  });

  it.each([
    [{ limit: '0' }, 'limit must be a whole number from 1 to 1000'],
    [{ limit: '1001' }, 'limit must be a whole number from 1 to 1000'],
    [{ limit: 'x' }, 'limit is not JSON'],
    [{ cursor: 'x' }, 'cursor is none that was given'],
    [{ subscriptions: '1' }, 'subscriptions must be true or false'],
    [{ room: '[]' }, 'room must be an object'],
    [{ user: 'ann' }, 'there is no "user"'],
    [{ address: 'x'.repeat(513) }, 'address must be a text of at most 512 characters'],
  ])('refuses %j', async (query, error) => {
    const [status, body] = await ask(query);
    expect([status, body]).toEqual([400, { status: 'error', error: expect.stringContaining(error) }]);
  });

  it('needs a key', async () => {
    expect((await fetch(`${left.httpUrl}/connections`)).status).toBe(401);
  });

  it('is there in process, too', async () => {
    const kittiwake = left.app.get(Kittiwake, { strict: false });
    const page = await kittiwake.connections({ identity: 'ann', limit: 2, listsSubscriptions: true });
    expect(page).toMatchObject({
      total: 3,
      isComplete: true,
      connections: [{ identity: 'ann' }, { identity: 'ann' }],
    });
    const next = await kittiwake.connections({ identity: 'ann', limit: 2, cursor: page.cursor });
    expect(next).toMatchObject({ total: 1, connections: [{ identity: 'ann' }] });
    expect(next.cursor).toBeUndefined();
  });
});
