import { once } from 'node:events';
import { stoppedAfterEach } from './support/cleanup.js';
import { TestGateway } from './support/gateway.js';
import { RawHttp } from './support/raw-http.js';
import { RedisServer } from './support/redis-server.js';
import { eventually } from './support/wait.js';

const stopped = stoppedAfterEach();
let gateway: TestGateway;

async function health(check: 'live' | 'ready'): Promise<[number, unknown]> {
  const response = await fetch(`${gateway.httpUrl}/health/${check}`);
  return [response.status, await response.json()];
}

/** What operators are told. */
async function details(): Promise<unknown> {
  return (await fetch(`${gateway.operatorsUrl}/status`)).json();
}

describe('the health of a gateway on its own', () => {
  beforeEach(async () => {
    gateway = stopped(await TestGateway.start());
  });

  it('is told to whoever asks, and not to caches', async () => {
    expect(await health('live')).toEqual([200, { status: 'ok' }]);
    expect(await health('ready')).toEqual([200, { status: 'ready' }]);
    for (const check of ['live', 'ready']) {
      const { headers } = await fetch(`${gateway.httpUrl}/health/${check}`);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('content-type')).toMatch(/^application\/json/);
    }
  });
});

// 1,500 requests for what is not there, in 50 KB that were never read, held up everybody for 180 ms.
describe('who asks again and again without reading', () => {
  const REQUEST = 'GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n';
  let client: RawHttp;

  beforeEach(async () => {
    gateway = stopped(await TestGateway.start());
    client = stopped(await RawHttp.connect({ port: gateway.port }));
  });

  it('is answered in turn', async () => {
    client.send(REQUEST.repeat(60));
    for (let count = 0; count < 60; count++) expect((await client.answer()).status).toBe(404);
  });

  it('is sent away, however little it is', async () => {
    client.send(REQUEST.repeat(200));
    await once(client.socket, 'close');
    expect(client.text.split('HTTP/1.1 404').length).toBeLessThan(100);
  });
});

describe('the health of a gateway on Redis', () => {
  it('is not ready while Redis is lost, but alive; and ready again when it is back', async () => {
    const redis = stopped(await RedisServer.start());
    gateway = stopped(await TestGateway.start({ broker: { kind: 'redis', redis: { url: redis.url } } }));
    expect(await health('ready')).toEqual([200, { status: 'ready' }]);
    await redis.stop();
    await eventually(async () => (await health('ready'))[0] === 503);
    expect(await health('ready')).toEqual([503, { status: 'not ready' }]);
    expect(await details()).toMatchObject({ state: 'broker lost', processes: [{ broker: 'lost' }] });
    expect(await health('live')).toEqual([200, { status: 'ok' }]);
    await redis.restart();
    await eventually(async () => (await health('ready'))[0] === 200);
  });
});
