import { Logger } from '@nestjs/common';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KittiwakeOptions } from '../src/config/options.js';
import { TestClient } from './support/client.js';
import { TestGateway } from './support/gateway.js';
import { answer, type AppRequest, appsOfTest, HttpApp } from './support/http-app.js';
import { KeptLog } from './support/nest-app.js';
import { freePort } from './support/redis-server.js';
import {
  BOOTSTRAP,
  letIn,
  optionsOf,
  refusal,
  RoomsStage,
  settled,
  subscribe,
  SUCCESS,
  unreadable,
  V1,
} from './support/rooms.js';
import { deferred, eventually } from './support/wait.js';

const REFUSED = { is_authorized: false };
const ROOM = { target: 'message', customer: '1' };

const stage = new RoomsStage();
afterEach(() => stage.stop());

/** What the app is told of a client, less what belongs to the request itself. */
function forwarded({ headers }: AppRequest): object {
  const { host: _host, connection: _connection, ...others } = headers;
  return others;
}

async function expectRefused(client: TestClient): Promise<void> {
  expect(await client.text()).toBe(JSON.stringify(REFUSED));
  expect(await client.untilClosed()).toEqual({ code: 1000, reason: '' });
  expect(client.frames).toEqual([]);
}

describe('a client that the app lets in', () => {
  beforeEach(() => stage.start());

  it('gets its rooms with the first frame, and nothing else of the answer', async () => {
    stage.bootstrap = (response) =>
      answer(response, JSON.stringify({ user: 'ann', allowed_rooms: [ROOM, { a: '*' }], token: 'secret' }));
    const client = await stage.open();
    expect(await client.next()).toEqual({ is_authorized: true, allowed_rooms: [ROOM, { a: '*' }] });
  });

  it('has no rooms when the answer names none', async () => {
    stage.bootstrap = (response) => answer(response, '{"user": "ann"}');
    expect(await (await stage.open()).next()).toEqual({ is_authorized: true, allowed_rooms: [] });
  });

  it('gets equal rooms once, whatever the order of their keys; types tell rooms apart', async () => {
    stage.allowed = [
      { a: 1, b: { c: 1, d: 2 } },
      { a: true },
      { b: { d: 2, c: 1 }, a: 1 },
      { a: 1 },
      { a: '1' },
    ];
    const { allowed_rooms: rooms } = await (await stage.open()).next();
    expect(rooms).toEqual([{ a: 1, b: { c: 1, d: 2 } }, { a: true }, { a: 1 }, { a: '1' }]);
  });

  it('gets its rooms byte for byte', async () => {
    stage.bootstrap = (response) =>
      answer(response, '{"allowed_rooms":[{"id":12345678901234567890,"x":1.0,"n":"\\u00e9"}]}');
    expect(await (await stage.open()).text()).toContain(
      '"allowed_rooms":[{"id":12345678901234567890,"x":1.0,"n":"\\u00e9"}]',
    );
  });

  it('is asked about once, by GET without a body', async () => {
    const client = await stage.connect();
    await settled(client);
    expect(stage.app.requests).toEqual([
      expect.objectContaining({ method: 'GET', path: BOOTSTRAP, body: '' }),
    ]);
    expect(stage.app.requests[0]?.headers).not.toHaveProperty('content-type');
  });

  it('gets no frame before the first; what it sent meanwhile is handled afterwards, in order', async () => {
    const { promise, resolve } = deferred();
    stage.bootstrap = (response) =>
      void promise.then(() => answer(response, JSON.stringify({ allowed_rooms: [ROOM] })));
    const client = await stage.open();
    client.send('ping').send(subscribe(ROOM, 1)).send('?').send({ type: 'unsubscribe', requestId: 2 });
    await stage.requests(BOOTSTRAP);
    resolve();
    expect(await client.next()).toHaveProperty('is_authorized', true);
    expect(await client.text()).toBe('pong');
    expect(await client.next()).toEqual(SUCCESS);
    expect(await client.next()).toEqual(unreadable('non-json-message'));
    expect(await client.next()).toEqual(refusal('not-subscribed'));
  });

  it('does not wait for the answer about another', async () => {
    stage.bootstrap = (response, { headers }) => {
      if (headers['x-real-ip'] === undefined) answer(response, '{}');
    };
    const waiting = await stage.open([], { headers: { 'X-Real-IP': '192.0.2.1' } });
    await stage.requests(BOOTSTRAP);
    await settled(await stage.connect());
    expect(waiting.frames).toEqual([]);
  });
});

describe('a client that the app does not let in', () => {
  beforeEach(() => stage.start());

  it('is refused whatever the status is, if it is not 200, and the app is not asked again', async () => {
    const statuses = [201, 202, 204, 206, 300, 304, 400, 401, 403, 404, 418, 429, 500, 503];
    stage.bootstrap = (response, { headers }) => {
      const status = Number(headers['x-real-ip']);
      answer(response, status === 204 || status === 304 ? '' : '{"allowed_rooms": [{"a": 1}]}', { status });
    };
    const refused = statuses.map(async (status) =>
      expectRefused(await stage.open([], { headers: { 'X-Real-IP': `${status}` } })),
    );
    await Promise.all(refused);
    expect(stage.app.requests).toHaveLength(statuses.length);
  });

  it('is refused when the answer cannot be understood, and the log says why', async () => {
    const notUtf8 = Buffer.from('{"a":"?"}').fill(0xff, 6, 7);
    const noObject = ['', 'Hello', '{"allowed_rooms": [', 'null', 'true', '[{"a": 1}]', notUtf8];
    const noRooms = ['null', '{"a": 1}', '"*"', '["room"]', '[{"a": 1}, 1]', '[[]]', '[null]'];
    const answers = [...noObject, ...noRooms.map((rooms) => `{"allowed_rooms": ${rooms}}`)];
    const refusals: string[] = [];
    const debug = (line: unknown): unknown => refusals.push(String(line));
    Logger.overrideLogger(Object.assign(new KeptLog(), { debug }));
    stage.bootstrap = (response) => answer(response, answers.pop());
    await Promise.all(answers.map(async () => expectRefused(await stage.open())));
    expect(answers).toEqual([]);
    const count = (text: RegExp): number =>
      refusals.filter((one) =>
        text.test(one.replace(/^refused .*: app_unavailable, by the gateway: (.*) \(connection .*/, '$1')),
      ).length;
    expect(count(/^the answer of the app about allowed rooms is not a JSON object$/)).toBe(3);
    expect(count(/^the answer of the app about allowed rooms is not JSON/)).toBe(3);
    expect(count(/^the answer of the app about allowed rooms is not UTF-8$/)).toBe(1);
    expect(count(/^allowed_rooms must be a list$/)).toBe(3);
    expect(count(/^each of the allowed_rooms must be an object$/)).toBe(4);
  });

  it('is refused when the answer breaks off, or is too large', async () => {
    stage.bootstrap = (response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"allowed_rooms": []}');
      setImmediate(() => response.destroy());
    };
    await expectRefused(await stage.open());
    stage.bootstrap = (response) =>
      answer(response, `{"allowed_rooms": [], "x": "${'x'.repeat(1_048_576)}"}`);
    await expectRefused(await stage.open());
  });

  it('is closed a little later, with 4403 when it speaks kittiwake.v1.json', async () => {
    stage.bootstrap = (response) => answer(response, '', { status: 403 });
    const client = await stage.open([V1]);
    expect(await client.next()).toEqual(REFUSED);
    const refusedAt = performance.now();
    expect(await client.untilClosed()).toEqual({ code: 4403, reason: 'Forbidden.' });
    expect(performance.now() - refusedAt).toBeGreaterThan(50);
  });

  // An app that stumbled told clients of a whole page never to come back.
  it.each<[string, { status?: number; headers?: Record<string, string> }]>([
    ['status 500', { status: 500 }],
    ['status 429', { status: 429 }],
    ['status 408', { status: 408 }],
    ['status 404', { status: 404 }],
    ['status 204', { status: 204 }],
    ['HTML', { headers: { 'content-type': 'text/html' } }],
  ])('may come back when the app has answered with %s', async (_, how) => {
    stage.bootstrap = (response) => answer(response, how.status === 204 ? '' : '{}', how);
    const client = await stage.open([V1]);
    expect(await client.next()).toEqual(REFUSED);
    expect(await client.untilClosed()).toEqual({ code: 4503, reason: 'The app cannot be asked.' });
    const metrics = await (await fetch(`${stage.gateway.httpUrl}/metrics`)).text();
    expect(metrics).not.toMatch(/callback="allowedRooms",outcome="ok"/);
  });

  it('gets no answers to what it sends', async () => {
    stage.bootstrap = (response) => answer(response, '', { status: 403 });
    const client = await stage.open();
    client.send('ping').send({ type: 'status' });
    expect(await client.next()).toEqual(REFUSED);
    client.send('ping');
    expect((await client.untilClosed()).code).toBe(1000);
    expect(client.frames).toEqual([]);
  });

  it('does not count as an open connection', async () => {
    stage.bootstrap = (response) => answer(response, '', { status: 403 });
    await expectRefused(await stage.open());
    stage.bootstrap = (response) => answer(response, '{}');
    const client = await stage.connect();
    expect(await client.ask({ type: 'status' })).toHaveProperty('open_connections', 1);
  });
});

describe('an app that cannot be asked', () => {
  it('refuses clients when it is unreachable', async () => {
    await stage.start();
    const gateway = await TestGateway.start(optionsOf(`http://127.0.0.1:${await freePort()}/api/`));
    try {
      await expectRefused(await TestClient.connect(`ws://127.0.0.1:${gateway.port}/ws/`));
    } finally {
      await gateway.stop();
    }
  });

  it('refuses clients when it hangs', async () => {
    await stage.start({ callbacks: { timeout: '50ms' } });
    const warnings = stage.warnings();
    stage.bootstrap = () => undefined;
    await expectRefused(await stage.open());
    expect(warnings).toEqual([expect.stringContaining('no answer within 50 ms')]);
    const extended = await stage.open([V1]);
    expect(await extended.next()).toEqual(REFUSED);
    expect(await extended.untilClosed()).toEqual({ code: 4503, reason: 'The app cannot be asked.' });
  });

  it('refuses clients when it cuts the connection', async () => {
    await stage.start();
    stage.bootstrap = (response) => response.destroy();
    await expectRefused(await stage.open());
  });
});

describe('a client that leaves before the app has answered', () => {
  beforeEach(() => stage.start({ rooms: { api: { onConnect: 'on', onPing: 'ping', onDisconnect: 'off' } } }));

  it.each(['cleanly', 'without a word'])('%s ends the request and leaves nothing behind', async (how) => {
    const { promise: ended, resolve } = deferred();
    stage.bootstrap = (response) => response.on('close', resolve);
    const warnings = stage.warnings();
    const client = await stage.open();
    await stage.requests(BOOTSTRAP);
    if (how === 'cleanly') await client.close();
    else client.drop();
    await ended;
    stage.bootstrap = (response) => answer(response, '{}');
    const other = await stage.connect();
    expect(await other.ask({ type: 'status' })).toMatchObject({ open_connections: 1, num_rooms: 0 });
    expect(warnings).toEqual([]);
    await other.close();
    await stage.requests('/api/off');
    expect(stage.app.requests.map(({ path }) => path)).toEqual([BOOTSTRAP, BOOTSTRAP, '/api/on', '/api/off']);
  });

  it('having sent messages joins no room, and the app is told nothing of it', async () => {
    const { promise, resolve } = deferred();
    stage.bootstrap = (response) =>
      void promise.then(() => answer(response, '{"allowed_rooms": [{"a": 1}]}'));
    const client = await stage.open();
    client.send('ping').send(subscribe({ a: 1 }, 1));
    await stage.requests(BOOTSTRAP);
    await client.close();
    resolve();
    await eventually(async () => (await stage.gateway.metric('kittiwake_events_total')) === 2);
    const other = await stage.connect();
    expect(await other.ask({ type: 'status' })).toMatchObject({ open_connections: 1, num_rooms: 0 });
    await other.close();
    await stage.requests('/api/off');
    expect(stage.app.requests.map(({ path }) => path)).toEqual([BOOTSTRAP, BOOTSTRAP, '/api/on', '/api/off']);
  });
});

describe('the headers of a handshake', () => {
  const HANDSHAKE = {
    Cookie: 'sessionid=abc; csrftoken=C1',
    'User-Agent': 'agent/1.0',
    'X-Real-IP': '192.0.2.7',
    Authorization: 'Bearer of-the-client',
    'X-Forwarded-For': '192.0.2.8',
    'X-Other': 'other',
    Referer: 'http://client.example/',
  };

  /** What the app is told of a client with these headers and this query. */
  async function told(options: KittiwakeOptions, query: string, headers = HANDSHAKE): Promise<object> {
    await stage.start(options);
    await letIn(await stage.open([], { headers }, query));
    return forwarded(stage.app.requests[0]!);
  }

  it('are forwarded as High-Templar does: cookie, user agent, real IP, and what it makes of cookie and token', async () => {
    expect(await told({}, '?token=T1&x=2')).toEqual({
      cookie: 'sessionid=abc; csrftoken=C1',
      'user-agent': 'agent/1.0',
      'x-real-ip': '192.0.2.7',
      'x-csrftoken': 'C1',
      authorization: 'Token T1',
    });
  });

  it('are not forwarded when their source is missing or empty', async () => {
    expect(await told({}, '?token=', { Cookie: 'csrftoken=' } as never)).toEqual({ cookie: 'csrftoken=' });
  });

  it('can be added, replaced and left out', async () => {
    const headers = {
      'X-Session-Token': '{query.session_token}',
      Referer: 'http://app.example/',
      'X-Who': '{header.X-Other}/{cookie.sessionid}',
      authorization: 'Bearer {query.jwt}',
      'X-Absent': 'a {query.absent} b',
      'User-Agent': '',
    };
    expect(await told({ rooms: { headers } }, '?session_token=S%201&jwt=J&token=T')).toEqual({
      cookie: 'sessionid=abc; csrftoken=C1',
      'x-real-ip': '192.0.2.7',
      'x-csrftoken': 'C1',
      'x-session-token': 'S 1',
      referer: 'http://app.example/',
      'x-who': 'other/abc',
      authorization: 'Bearer J',
    });
  });

  it('cannot smuggle further headers in', async () => {
    expect(await told({}, '?token=T%0d%0aX-Evil:%201', {} as never)).toEqual({});
  });

  it.each(['Host', 'Connection', 'Transfer-Encoding', 'Content-Length'])('cannot set %s', async (name) => {
    await stage.start();
    const start = TestGateway.start(
      optionsOf('http://127.0.0.1:1/api/', { rooms: { headers: { [name]: 'x' } } }),
    );
    await expect(start).rejects.toThrow('rooms.headers');
  });
});

describe('an API on a Unix socket', () => {
  it('is asked with the host of the URL', async () => {
    await stage.start();
    const folder = await mkdtemp(join(tmpdir(), 'kittiwake-api-'));
    const socket = join(folder, 'api.sock');
    const app = await HttpApp.start((response) => answer(response, '{"allowed_rooms": [{"a": 1}]}'), {
      socketPath: socket,
    });
    const api = { socket, onConnect: 'user/on/' };
    const gateway = await TestGateway.start(optionsOf('http://app.example:8000/api/', { rooms: { api } }));
    try {
      const client = await TestClient.connect(`ws://127.0.0.1:${gateway.port}/ws/?token=T`);
      expect(await client.next()).toEqual({ is_authorized: true, allowed_rooms: [{ a: 1 }] });
      await eventually(() => app.requests.length === 2);
      expect(app.requests.map(({ method, path }) => [method, path])).toEqual([
        ['GET', BOOTSTRAP],
        ['POST', '/api/user/on/'],
      ]);
      for (const { headers } of app.requests) {
        expect(headers).toMatchObject({ host: 'app.example:8000', authorization: 'Token T' });
      }
    } finally {
      await gateway.stop();
      await app.stop();
      await rm(folder, { recursive: true });
    }
  });
});

describe('redirects', () => {
  const startApp = appsOfTest();

  it('of the app are followed, with the headers', async () => {
    await stage.start();
    stage.bootstrap = (response, { path }) => {
      if (path === BOOTSTRAP)
        answer(response, '', { status: 302, headers: { location: `${BOOTSTRAP}2/?x=1` } });
      else answer(response, '{"allowed_rooms": [{"a": 1}]}');
    };
    const client = await stage.open([], {}, '?token=T');
    expect(await client.next()).toHaveProperty('allowed_rooms', [{ a: 1 }]);
    expect(stage.app.requests.map(({ method, path }) => [method, path])).toEqual([
      ['GET', BOOTSTRAP],
      ['GET', `${BOOTSTRAP}2/?x=1`],
    ]);
    expect(forwarded(stage.app.requests[1]!)).toEqual({ authorization: 'Token T' });
  });

  it('to another origin refuse the client, and that origin learns nothing', async () => {
    const other = await startApp((response) => answer(response, '{}'));
    await stage.start();
    stage.bootstrap = (response) =>
      answer(response, '', { status: 302, headers: { location: `${other.origin}/` } });
    await expectRefused(await stage.open([], {}, '?token=T'));
    expect(other.requests).toEqual([]);
  });

  it('to an allowed origin are followed without what the client sent', async () => {
    const other = await startApp((response) => answer(response, '{"allowed_rooms": [{"a": 1}]}'));
    await stage.start({ callbacks: { redirectOrigins: [other.origin] } });
    stage.bootstrap = (response) =>
      answer(response, '', { status: 307, headers: { location: `${other.origin}/rooms` } });
    const client = await stage.open([], { headers: { Cookie: 'sessionid=abc' } }, '?token=T');
    expect(await client.next()).toHaveProperty('allowed_rooms', [{ a: 1 }]);
    expect(forwarded(other.requests[0]!)).toEqual({});
  });
});

describe('the path of rooms', () => {
  beforeEach(() => stage.start());

  it.each(['/ws', '/ws/x', '/rooms', '/'])('is not %s', async (path) => {
    expect(await TestClient.refusal(`ws://127.0.0.1:${stage.gateway.port}${path}`)).toBe(404);
    expect(stage.app.requests).toEqual([]);
  });

  it('wants a WebSocket', async () => {
    expect((await fetch(`${stage.gateway.httpUrl}/ws/`)).status).toBe(426);
  });
});
