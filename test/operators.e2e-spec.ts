import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { OperatorsServer } from '../src/operators/operators-server.js';
import { Metrics } from '../src/metrics/metrics.js';
import { stoppedAfterAll, stoppedAfterEach } from './support/cleanup.js';
import { TestGateway } from './support/gateway.js';
import { RawHttp } from './support/raw-http.js';
import { eventually } from './support/wait.js';

const stopped = stoppedAfterEach();
const stoppedInTheEnd = stoppedAfterAll();

/** More than the kernel takes for a client that does not read. */
const LARGE = 'x'.repeat(32 << 20);

function portOf(url: string): number {
  return Number(new URL(url).port);
}

/** How many connections the port for operators has. */
function connectionsOf(gateway: TestGateway): Promise<number> {
  const server = gateway.app.get(OperatorsServer)['server']!;
  return new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
}

/** Counts how often the metrics are gathered, each time not before the test says so. */
function gatheredBy(gateway: TestGateway): { count: number; finish: () => void } {
  const gathered = { count: 0, finish: (): void => undefined };
  gateway.app.get(Metrics).collectFrom(() => {
    gathered.count++;
    return new Promise((resolve) => {
      gathered.finish = () => resolve(`number_of_this ${gathered.count}\n`);
    });
  });
  return gathered;
}

describe('the port for operators', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = stoppedInTheEnd(
      await TestGateway.start({
        services: { books: { requireAuthentication: false } },
        procedures: {},
        publish: { apiKeys: ['a-key-of-this-gateway'] },
      }),
    );
  });

  async function ask(path: string, base = gateway.operatorsUrl): Promise<[number, string | null]> {
    const response = await fetch(base + path);
    await response.arrayBuffer();
    return [response.status, response.headers.get('content-type')];
  }

  it('has what operators ask, and the main port has not', async () => {
    const json = 'application/json; charset=utf-8';
    expect(await ask('/metrics?x=1')).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect(await ask('/status')).toEqual([200, json]);
    expect(await ask('/openapi.json')).toEqual([200, json]);
    for (const path of ['/metrics', '/status', '/openapi.json', '/page', '/kittiwake/openapi.json'])
      expect((await ask(path, gateway.httpUrl))[0]).toBe(404);
  });

  it('has nothing else', async () => {
    for (const path of ['/', '/page', '/publish', '/health/live', '/rpc/ping', '/metrics/'])
      expect(await ask(path)).toEqual([404, null]);
  });

  it('is on the loopback alone unless it is told otherwise', () => {
    expect(new URL(gateway.operatorsUrl).hostname).toBe('127.0.0.1');
  });

  it('says what the process does', async () => {
    const status: unknown = await (await fetch(`${gateway.operatorsUrl}/status`)).json();
    expect(status).toEqual({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      state: 'ready',
      processes: [
        {
          pid: process.pid,
          uptime: expect.any(Number),
          state: 'ready',
          broker: 'ready',
          connections: 0,
          channels: 0,
          procedures: expect.any(Number),
          memory: expect.any(Number),
        },
      ],
    });
  });

  it('tells in the document where the rest is', async () => {
    const answer = await fetch(`${gateway.operatorsUrl}/openapi.json`);
    const { servers, paths } = (await answer.json()) as {
      servers: unknown;
      paths: Record<string, { get?: { servers?: unknown } }>;
    };
    expect(servers).toEqual([{ url: gateway.httpUrl }]);
    expect(paths['/metrics']?.get?.servers).toEqual([{ url: '/' }]);
    expect(paths['/health/live']?.get).not.toHaveProperty('servers');
    expect(Object.keys(paths)).toEqual(expect.arrayContaining(['/rpc/ping', '/publish', '/status']));
  });

  it('answers who would have another protocol as if that were not said', async () => {
    const client = await RawHttp.connect({ port: portOf(gateway.operatorsUrl) });
    stopped(client);
    client.request({ path: '/status', headers: { Host: 'a', Connection: 'Upgrade', Upgrade: 'h2c' } });
    expect((await client.answer()).status).toBe(200);
  });

  it('ends with the gateway, not before', async () => {
    const own = await TestGateway.start();
    const url = `${own.operatorsUrl}/metrics`;
    expect((await fetch(url)).status).toBe(200);
    await own.stop();
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });

  it('may be off', async () => {
    const off = stopped(await TestGateway.start({ operators: { enabled: false } }));
    expect(() => off.operatorsUrl).toThrow('no port');
  });
});

/** 53 KiB of pipelined requests for the metrics, of which nothing was read, blocked the gateway for 4.9 s and took 117 MiB. */
describe('who asks for what is dear, and does not read', () => {
  const REQUEST = 'GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n';

  it('is answered one at a time, on one connection', async () => {
    const gateway = stopped(await TestGateway.start());
    const gathered = gatheredBy(gateway);
    const client = await RawHttp.connect({ port: portOf(gateway.operatorsUrl) });
    stopped(client);
    client.send(REQUEST.repeat(3));
    for (const number of [1, 2, 3]) {
      await eventually(() => gathered.count === number);
      expect(client.text).toBe('');
      gathered.finish();
      expect(String((await client.answer()).body)).toBe(`number_of_this ${number}\n`);
    }
  });

  it('makes nothing more as long as an answer has not been read', async () => {
    const gateway = stopped(await TestGateway.start());
    let count = 0;
    gateway.app.get(Metrics).collectFrom(async () => `${++count}${LARGE}`);
    const socket = connect(portOf(gateway.operatorsUrl), '127.0.0.1').pause();
    stopped({ stop: () => socket.destroy() });
    socket.write(REQUEST.repeat(3));
    await eventually(() => count === 1);
    for (let turn = 0; turn < 20; turn++) await fetch(`${gateway.httpUrl}/health/live`);
    expect(count).toBe(1);
    socket.resume();
    await eventually(() => count === 3, { what: 'the other answers, when it reads' });
  });

  it('shares one answer with all who ask meanwhile, and within a second', async () => {
    const gateway = stopped(await TestGateway.start({ metrics: { maxAge: '1m' } }));
    const gathered = gatheredBy(gateway);
    const ask = async (): Promise<string> => (await fetch(`${gateway.operatorsUrl}/metrics`)).text();
    const [first, second] = [ask(), ask()];
    await eventually(() => gathered.count === 1);
    gathered.finish();
    expect([await first, await second, await ask()]).toEqual(Array(3).fill('number_of_this 1\n'));
    expect(gathered.count).toBe(1);
  });

  it('is sent away when very many of his requests wait', async () => {
    const gateway = stopped(await TestGateway.start());
    const gathered = gatheredBy(gateway);
    const socket = connect(portOf(gateway.operatorsUrl), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(REQUEST.repeat(200));
    await once(socket, 'close');
    expect(gathered.count).toBe(1);
  });
});

/** They were there for as long as they liked. */
describe('a client of the port for operators is sent away', () => {
  let gateway: TestGateway;

  beforeAll(async () => {
    gateway = stoppedInTheEnd(await TestGateway.start({ limits: { handshakeTimeout: '200ms' } }));
  });

  function connected(): Socket {
    const socket = connect(portOf(gateway.operatorsUrl), '127.0.0.1');
    return socket.on('error', () => undefined);
  }

  it.each([
    ['that says nothing', ''],
    ['that never ends its request', 'GET /metrics HTTP/1.1\r\nHost: a\r\n'],
    ['that never sends its body', 'GET /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n'],
  ])('%s', async (_who, text) => {
    const socket = connected().resume();
    socket.write(text);
    await once(socket, 'close');
  });

  it('that does not read its answer', async () => {
    gateway.app.get(Metrics).collectFrom(async () => LARGE);
    const socket = connected().pause();
    socket.write('GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(async () => (await connectionsOf(gateway)) === 1);
    await eventually(async () => (await connectionsOf(gateway)) === 0, { what: 'the end of its connection' });
    socket.destroy();
  });
});
