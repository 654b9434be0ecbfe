import { type Client, createClient, kept, stream, watchCall, webSocket } from 'kittiwake-client';
import WebSocket from 'ws';
import { stoppedAfterAll } from '../../test/support/cleanup.js';
import { FakeModel } from '../../test/support/fake-model.js';
import { TestGateway } from '../../test/support/gateway.js';
import { RedisServer } from '../../test/support/redis-server.js';
import { rpcToken, SECRET } from '../../test/support/rpc.js';
import { TcpProxy } from '../../test/support/tcp-proxy.js';
import { eventually } from '../../test/support/wait.js';

const WAIT = { timeoutMs: 20_000 };
const stopped = stoppedAfterAll();
const clients: Client[] = [];
let app: FakeModel;
let nodes: TestGateway[];
let proxy: TcpProxy;
let turns = 0;

beforeAll(async () => {
  const redis = stopped(await RedisServer.start());
  app = stopped(await FakeModel.start());
  const start = async (): Promise<TestGateway> =>
    stopped(
      await TestGateway.start({
        auth: { jwt: { algorithms: ['HS256'], secret: SECRET, fields: { user_id: 'user_id' } } },
        broker: { kind: 'redis', redis: { url: redis.url } },
        procedures: {
          remote: { answer: { url: `${app.url}/answer`, stream: true, resumable: {} } },
          kept: { gather: '10ms' },
        },
      }),
    );
  nodes = await Promise.all([start(), start()]);
  proxy = stopped(await TcpProxy.start(nodes[0]!.port));
}, 40_000);
beforeEach(() => Object.assign(app, { length: 300, upTo: 0 }, void (app.runs.length = 0)));
afterEach(() => clients.splice(0).forEach((client) => client.close()));

function connect(user = 1): Client {
  const client = createClient({
    url: `ws://127.0.0.1:${proxy.port}/ws`,
    transports: [webSocket({ WebSocket })],
    backOff: { baseMs: 20, maxMs: 50 },
    auth: { token: () => rpcToken({ user_id: user }) },
  });
  clients.push(client);
  return client;
}

/** Ends all connections; the next ones come to the other node. */
const roam = (): void => proxy.turnTo(nodes[++turns % 2]!.port);

describe('a stream that is kept, against two nodes', () => {
  it('has all of the model, which ran once, while its connections end and come to the other node', async () => {
    const answer = stream(connect(), 'answer', ['why?'], { resumable: kept() });
    const texts: unknown[] = [];
    const reading = (async () => {
      for await (const text of answer) texts.push(text);
    })();
    for (let part = 1; part <= 10; part++) {
      app.upTo = 30 * part - 15;
      await eventually(() => texts.length >= app.upTo, WAIT);
      roam();
      app.upTo += 15;
    }
    await reading;
    expect([texts, app.runs.length]).toEqual([app.text, 1]);
  });

  it('is begun once, however early its connection ends', async () => {
    const tries = await Promise.all(
      Array.from({ length: 8 }, async (_, index) => {
        const answer = stream(connect(), 'answer', [index], { resumable: kept() });
        const texts: unknown[] = [];
        for await (const text of answer) texts.push(text);
        return [answer.call, texts] as const;
      }).concat(
        (async () => {
          for (let cuts = 0; cuts < 12; cuts++) {
            const before = app.runs.length;
            await eventually(() => app.runs.length > before || app.runs.length === 8, WAIT);
            roam();
          }
          app.upTo = 300;
          return [undefined, app.text] as const;
        })(),
      ),
    );
    for (const [, texts] of tries) expect(texts).toEqual(app.text);
    expect(new Set(tries.map(([call]) => call)).size).toBe(9);
    expect(app.runs).toHaveLength(8);
  });

  it('is watched and cancelled from elsewhere, and is not there for others', async () => {
    app.upTo = 5;
    const answer = stream(connect(), 'answer', ['why?'], { resumable: kept() });
    expect((await answer.next()).value).toBe('1 ');
    const tab = watchCall(connect(), 'answer', { call: answer.call!, position: '3' });
    expect((await tab.next()).value).toBe('4 ');
    await expect(watchCall(connect(2), 'answer', { call: answer.call! }).next()).rejects.toMatchObject({
      code: 'call_not_found',
    });
    await answer.return();
    await tab.next();
    const next = tab.next();
    app.upTo = 6;
    expect((await next).value).toBe('6 ');
    const [last] = await Promise.allSettled([tab.next(), tab.cancel()]);
    expect(last).toMatchObject({ reason: { code: 'call_cancelled' } });
    await eventually(() => app.runs[0]!.isOver, WAIT);
  });
});
