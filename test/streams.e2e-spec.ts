import { Streams } from '../src/connection/stream/streams.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { API_KEY, TestGateway } from './support/gateway.js';
import { createApp, moduleOf, TestApp } from './support/nest-app.js';
import { RawHttp } from './support/raw-http.js';
import { StreamClient } from './support/stream-client.js';
import { StubApp } from './support/stub-app.js';
import { deferred, eventually } from './support/wait.js';

const PAGE = 'https://app.example.com';
const FRAME_BYTES = 400_000;
const SUBSCRIBE = { event: 'subscribe', subscription: 'books.1' };
const WAIT = { timeoutMs: 20_000 };
const stopped = stoppedAfterEach();

/** An event that is answered in its turn, with its id. */
const numbered = (id: number): object => ({ event: 'numbered', id });

describe('a stream over plain HTTP', () => {
  let app: StubApp;
  let gateway: TestGateway;
  let url: string;
  const streams = (): Streams => gateway.app.get(Streams, { strict: false });

  beforeAll(async () => {
    app = await StubApp.start();
    gateway = await TestGateway.start({
      services: {
        books: { requireAuthentication: false },
        asked: { requireAuthentication: false, onMessage: `${app.url}/message` },
      },
      origins: [PAGE],
      limits: { frameBytes: FRAME_BYTES, inboxBytes: 1_000 },
    });
    url = `${gateway.httpUrl}/ws/stream`;
  });
  afterAll(async () => {
    await gateway.stop();
    await app.stop();
  });
  afterEach(() => eventually(() => streams().count === 0, { what: 'the end of all sessions', ...WAIT }));

  it('carries the frames of kittiwake.v1.json in both directions, at once', async () => {
    const client = await StreamClient.connect(url);
    const { headers } = client.response;
    expect(client.hello).toMatchObject({ ping_period: 15, limits: { frame_bytes: FRAME_BYTES } });
    expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-store, no-transform');
    expect(headers.get('x-accel-buffering')).toBe('no');
    expect(headers.get('content-length')).toBeNull();
    expect(client.session).toMatch(/^[\w-]{30}$/);
    expect(await client.ask({ ...SUBSCRIBE, id: 1 })).toMatchObject({ status: 'ok', id: 1 });
    await gateway.publish('{"subscription": "books.1", "data": {"title":\r\n "né 🐱",\n"x":\r1}}');
    expect((await client.next()).data).toEqual({ title: 'né 🐱', x: 1 });
    const large = '🐱é'.repeat(150_000);
    await gateway.publish({ subscription: 'books.1', data: large });
    expect((await client.next()).data).toBe(large);
    client.drop();
  });

  it('is listed for services, as what it is', async () => {
    const client = await StreamClient.connect(url);
    const headers = { Authorization: `Bearer ${API_KEY}` };
    const text = await (await fetch(`${gateway.httpUrl}/connections`, { headers })).text();
    expect(JSON.parse(text)).toMatchObject({ connections: [{ endpoint: 'topics', transport: 'stream' }] });
    expect(text).not.toContain(client.session);
    client.drop();
  });

  it('takes each frame once and in order, by its number', async () => {
    const client = await StreamClient.connect(url);
    const body = [0, 1, 2].map((id) => JSON.stringify(numbered(id))).join('\n');
    expect((await client.post(0, body)).status).toBe(204);
    expect((await client.post(0, `${body}\r\n\n${JSON.stringify(numbered(3))}\n`)).status).toBe(204);
    const hole = await client.post(5, JSON.stringify(numbered(5)));
    expect([hole.status, await hole.json()]).toEqual([
      409,
      { status: 'error', code: 'out_of_order', expected: 4 },
    ]);
    expect((await client.post(4, '')).status).toBe(204);
    expect((await client.post(4, JSON.stringify(numbered(4)))).status).toBe(204);
    for (let id = 0; id < 5; id++) expect(await client.next()).toMatchObject({ id });
    client.drop();
  });

  it('takes no frame twice when requests overlap', async () => {
    const client = await StreamClient.connect(url);
    const body = Array.from({ length: 50 }, (_, id) => JSON.stringify(numbered(id))).join('\n');
    const statuses = await Promise.all(
      Array.from({ length: 4 }, async () => (await client.post(0, body)).status),
    );
    expect(statuses).toContain(204);
    expect(statuses.filter((status) => status !== 204 && status !== 429)).toEqual([]);
    for (let id = 0; id < 50; id++) expect(await client.next()).toMatchObject({ id });
    client.n = 50;
    expect(await client.ask(numbered(50))).toMatchObject({ id: 50 });
    client.drop();
  });

  it('reads one request of a session at a time', async () => {
    const client = await StreamClient.connect(url);
    const raw = await RawHttp.connect({ port: gateway.port, host: '127.0.0.1' });
    const body = JSON.stringify(numbered(0));
    const head = `POST /ws/stream/${client.session}?n=0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n`;
    raw.send(head + body.slice(0, 5));
    await eventually(async () => (await client.post(0, '')).status === 429, WAIT);
    raw.send(body.slice(5));
    expect((await raw.answer()).status).toBe(204);
    expect((await client.post(1, '')).status).toBe(204);
    expect(await client.next()).toMatchObject({ id: 0 });
    raw.stop();
    client.drop();
  });

  it('refuses with a reason what it cannot take, and goes on', async () => {
    const client = await StreamClient.connect(url);
    const refusal = async (response: Response): Promise<unknown[]> => [
      response.status,
      ((await response.json()) as { code: string }).code,
    ];
    const of = (init: RequestInit, query = '?n=0', session = client.session): Promise<unknown[]> =>
      fetch(`${url}/${session}${query}`, { method: 'POST', ...init }).then(refusal);
    for (const query of [
      '',
      '?n=',
      '?n=-1',
      '?n=1e3',
      '?n=9999999999999999',
      '?wait=1',
      '?wait=61&ack=0',
      '?ack=0&wait=x',
    ])
      expect(await of({}, query)).toEqual([400, 'bad_request']);
    expect(await of({ headers: { 'Content-Encoding': 'gzip' } })).toEqual([415, 'encoding_not_spoken']);
    expect(await of({ method: 'PUT' })).toEqual([405, 'method_not_allowed']);
    expect(await of({ body: 'x'.repeat(FRAME_BYTES + 1) })).toEqual([413, 'too_large']);
    for (const session of ['x', `${'x'.repeat(22)}${client.session.slice(22)}`, `${client.session}/x`, ''])
      expect(await of({}, '?n=0', session)).toEqual([404, 'session_not_found']);
    expect(await of({}, '?wait=1&ack=0')).toEqual([404, 'session_not_found']);
    expect(await refusal(await fetch(url, { method: 'PUT' }))).toEqual([405, 'method_not_allowed']);
    expect(await refusal(await fetch(`${url}?wait=x`, { method: 'POST' }))).toEqual([400, 'bad_request']);
    expect(await client.ask(numbered(0))).toMatchObject({ id: 0 });
    client.drop();
  });

  it('lets in pages of the allowed origins alone, with their cookies', async () => {
    const client = await StreamClient.connect(url, { Origin: PAGE });
    const { headers } = client.response;
    expect(headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    expect(headers.get('vary')).toBe('Origin');
    const Origin = 'https://evil.example.com';
    for (const [method, path] of [
      ['POST', ''],
      ['POST', `/${client.session}?n=0`],
      ['POST', `/${client.session}?wait=1&ack=0`],
      ['DELETE', `/${client.session}`],
    ] as const) {
      const refused = await fetch(url + path, { method, headers: { Origin } });
      expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    }
    const preflight = await fetch(`${url}/${client.session}`, {
      method: 'OPTIONS',
      headers: { Origin: PAGE, 'Access-Control-Request-Method': 'DELETE' },
    });
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      'access-control-allow-methods': 'POST, DELETE',
      'access-control-max-age': '600',
    });
    expect(await client.ask(numbered(0))).toMatchObject({ id: 0 });
    client.drop();
  });

  it('ends with its client, whether that has said goodbye or not', async () => {
    const [polite, rude] = [await StreamClient.connect(url), await StreamClient.connect(url)];
    expect(streams().count).toBe(2);
    const goodbye = await fetch(`${url}/${polite.session}`, { method: 'DELETE' });
    expect(goodbye.status).toBe(204);
    await polite.untilEnded();
    expect(polite.closed).toBeUndefined();
    rude.drop();
    await eventually(() => streams().count === 0, WAIT);
    for (const { session } of [polite, rude]) {
      expect((await fetch(`${url}/${session}?n=0`, { method: 'POST' })).status).toBe(404);
      expect((await fetch(`${url}/${session}`, { method: 'DELETE' })).status).toBe(404);
    }
    expect(await gateway.metric('kittiwake_connections')).toBe(0);
  });

  it('ends with a client that will send nothing more on its connection', async () => {
    const raw = await RawHttp.connect({ port: gateway.port, host: '127.0.0.1' });
    raw.send('POST /ws/stream HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n');
    await eventually(() => raw.text.includes('"hello"'), WAIT);
    raw.socket.end();
    await raw.untilEnded();
  });

  it('has a client wait that sends faster than its events are handled', async () => {
    const [client, held] = [await StreamClient.connect(url), deferred()];
    app.answer('/message', { after: held.promise });
    await client.ask({ event: 'subscribe', subscription: 'asked.1' });
    const message = { event: 'message', subscription: 'asked.1', data: 'd'.repeat(400), id: 1 };
    expect(await client.send(message, message, message, message)).toBe(204);
    const busy = await client.post(client.n, JSON.stringify(numbered(2)));
    expect([busy.status, busy.headers.get('retry-after')]).toEqual([429, '1']);
    held.resolve();
    for (let left = 4; left > 0; left--) expect(await client.next()).toMatchObject({ id: 1 });
    expect(await client.ask(numbered(2))).toMatchObject({ id: 2 });
    client.drop();
  });
});

describe('a stream over plain HTTP', () => {
  async function start(options: Parameters<typeof TestGateway.start>[0]): Promise<[TestGateway, string]> {
    const services = { books: { requireAuthentication: false, slowConsumer: 'drop-oldest' as const } };
    const gateway = stopped(await TestGateway.start({ services, ...options }));
    return [gateway, `${gateway.httpUrl}/ws/stream`];
  }

  it('counts for the limits of connections, and shows that its client is there', async () => {
    const [gateway, url] = await start({
      limits: { connections: 2, connectionsPerAddress: 1 },
      server: { trustProxy: true },
      ping: { interval: '100ms', timeout: '2s' },
    });
    const client = await StreamClient.connect(url, { 'X-Forwarded-For': '192.0.2.1' });
    await expect(StreamClient.connect(url, { 'X-Forwarded-For': '192.0.2.1' })).rejects.toThrow('429');
    const other = await StreamClient.connect(url, { 'X-Forwarded-For': '192.0.2.2' });
    await expect(StreamClient.connect(url, { 'X-Forwarded-For': '192.0.2.3' })).rejects.toThrow(
      '503 {"status":"error","code":"too_many_connections"}',
    );
    expect(await gateway.metric('kittiwake_handshakes_refused_total')).toBe(2);
    const answering = setInterval(() => void client.send(), 50);
    try {
      await client.until(() => client.comments > 3, 'comments');
      expect(await other.untilClosed()).toEqual({ code: 4408, reason: 'No answer to a ping.' });
    } finally {
      clearInterval(answering);
    }
    expect(client.closed).toBeUndefined();
  });

  it('drops for a client that does not read what it may miss, and tells it', async () => {
    const [gateway, url] = await start({ limits: { outboxBytes: 1_048_576 } });
    const client = await StreamClient.connect(url);
    await client.ask({ ...SUBSCRIBE, report_drops: true });
    client.pause();
    const dropped = (): Promise<number> =>
      gateway.metric('kittiwake_drops_total', { reason: 'slow_consumer' });
    let published = 0;
    for (; published % 8 > 0 || (await dropped()) < 20; published++)
      await gateway.publish({ subscription: 'books.1', data: [published, 'd'.repeat(65_536)] });
    client.resume();
    await gateway.publish({ subscription: 'books.1', data: 'last' });
    const numbers: number[] = [];
    let missed = 0;
    for (let frame = await client.next(); frame.data !== 'last'; frame = await client.next()) {
      if (frame.event === 'dropped') missed += frame.count as number;
      else numbers.push((frame.data as [number])[0]);
    }
    expect(missed).toBeGreaterThanOrEqual(20);
    expect(numbers.length + missed).toBe(published);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    client.drop();
  });

  it('is closed as too slow where nothing may be missed', async () => {
    const services = { books: { requireAuthentication: false } };
    const [gateway, url] = await start({ services, limits: { outboxBytes: 1_048_576 } });
    const polling = await fetch(`${url}?wait=5`, { method: 'POST' });
    const session = /event: session\ndata: (.*)\n/.exec(await polling.text())![1]!;
    const body = JSON.stringify(SUBSCRIBE);
    expect((await fetch(`${url}/${session}?n=0`, { method: 'POST', body })).status).toBe(204);
    for (let n = 0; n < 40; n++) await gateway.publish({ subscription: 'books.1', data: 'd'.repeat(65_536) });
    expect(await gateway.metric('kittiwake_connections_closed_total', { reason: 'slow_consumer' })).toBe(1);
  });

  it('ends with 1012 when the gateway stops', async () => {
    const [gateway, url] = await start({});
    const clients = [await StreamClient.connect(url), await StreamClient.connect(url)];
    await gateway.stop();
    for (const client of clients) {
      expect(await client.untilClosed()).toEqual({ code: 1012, reason: 'Please reconnect.' });
      await client.untilEnded();
    }
  });

  it('can be switched off', async () => {
    const [, url] = await start({ topics: { stream: { enabled: false } } });
    expect((await fetch(url, { method: 'POST' })).status).toBe(404);
  });
});

describe('a stream in an app on Express', () => {
  it('is no concern of the app: neither prefix nor guards nor bodies', async () => {
    const app = await createApp(moduleOf({}));
    app.setGlobalPrefix('api');
    app.useGlobalGuards({ canActivate: () => false });
    const test = stopped(await TestApp.listen(app));
    const client = await StreamClient.connect(`${test.httpUrl}/ws/stream`);
    const init = { method: 'POST', headers: { 'Content-Type': 'application/json' } };
    const body = JSON.stringify({ event: 'ping', data: 'here' });
    await fetch(`${client.url}/${client.session}?n=0`, { ...init, body });
    expect(await client.next()).toEqual({ event: 'pong', data: 'here' });
    client.drop();
  });
});
