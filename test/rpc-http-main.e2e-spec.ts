import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { KittiwakeAdapter, type KittiwakeOptions } from '../src/index.js';
import { stoppedAfterEach } from './support/cleanup.js';
import {
  Kitten,
  type FrontName,
  KITTEN_SECRET,
  ALL_FRONTS,
  MAIN_FRONTS,
  sharedKitten,
  TOKEN_KEY,
} from './support/kitten.js';
import { KeptLog, moduleOf, TestApp } from './support/nest-app.js';
import { procedureOf, rpcToken } from './support/rpc.js';
import { signToken } from './support/tokens.js';
import { deferred, type Deferred, eventually } from './support/wait.js';

const stopped = stoppedAfterEach();

async function kittenWith(
  ...[front, options]: [FrontName, Parameters<Kitten['start']>[0]?]
): Promise<Kitten> {
  const kitten = stopped(new Kitten(front));
  await kitten.start(options);
  return kitten;
}

describe.each(MAIN_FRONTS)('on the main port of %s', (front) => {
  const kitten = sharedKitten(front, { origins: ['https://page.example'] });
  const status = async (path: string, method = 'GET', headers = {}): Promise<number> =>
    (await kitten.ask('', { path, method, headers })).status;

  it('what should have come over WebSocket is told so', async () => {
    const { status: refused, headers, body } = await kitten.ask('', { path: '/rpc' });
    expect([refused, headers['WWW-Authenticate'], body.length]).toEqual([401, 'Token realm="shirow"', 0]);
    const token = signToken({ algorithm: 'HS256', key: TOKEN_KEY, claims: { sub: 1 } });
    expect(await status(`/rpc/token/${token}`)).toBe(400);
    expect(await status(`/rpc/token/${token}?x=1`)).toBe(400);
    expect(await status(`/rpc/token/${rpcToken()}`)).toBe(401);
    const upgrade = { Upgrade: 'websocket', Connection: 'x' };
    expect(await status(`/rpc/token/${token}`, 'GET', upgrade)).toBe(426);
    for (const path of ['/rpc', '/rpc/token/x', '/rpc?x']) expect(await status(path, 'POST')).toBe(405);
    for (const path of [
      '/rpc/',
      '/rpc/token/',
      '/rpc/token/x/',
      '/rpc/token/a%20b',
      '/rp',
      '/rpcx',
      '/x/rpc/meow',
    ])
      expect([path, await status(path)]).toEqual([path, 404]);
  });

  it('other paths are served as ever', async () => {
    expect(await status('/health/live')).toBe(200);
    expect(await status('/publish', 'POST')).toBe(401);
  });

  it('pages of origins that may connect can read answers, others cannot', async () => {
    const asked = async (origin: string | undefined, method = 'GET'): Promise<Record<string, string>> => {
      const headers = {
        ...(origin && { Origin: origin }),
        ...(method === 'OPTIONS' && {
          'Access-Control-Request-Method': 'POST',
          'Access-Control-Request-Headers': 'authorization',
        }),
      };
      return (await kitten.ask('meow', { method, headers, isService: false })).headers;
    };
    expect((await asked('https://page.example'))['Access-Control-Allow-Origin']).toBe('https://page.example');
    expect(await asked('https://page.example', 'OPTIONS')).toMatchObject({
      'Access-Control-Allow-Origin': 'https://page.example',
      'Access-Control-Allow-Methods': 'GET, POST',
      'Access-Control-Allow-Headers': 'authorization',
      Vary: 'Origin',
    });
    for (const origin of ['https://other.example', undefined])
      for (const method of ['GET', 'OPTIONS'])
        expect(Object.keys(await asked(origin, method)).join()).not.toMatch(/access-control/i);
  });

  it('is where it is configured, with other prefixes or none', async () => {
    const other = await kittenWith(front, { procedures: { path: '/api/calls' } });
    expect((await other.ask('', { path: '/api/calls/meow' })).status).toBe(200);
    expect((await other.ask('', { path: '/rpc/meow' })).status).toBe(404);
  });

  it('procedures cannot be called where that is off; the handshake is told all the same', async () => {
    const off = await kittenWith(front, { procedures: { http: { enabled: false } } });
    expect((await off.ask('meow')).status).toBe(404);
    expect((await off.ask('', { path: '/rpc' })).status).toBe(401);
  });
});

describe('a gateway without procedures', () => {
  it('has no such paths', async () => {
    const app = stopped(
      await TestApp.listen(
        await NestFactory.create(moduleOf({}), { logger: new KeptLog(), abortOnError: false }).then((made) =>
          made.useWebSocketAdapter(new KittiwakeAdapter(made)),
        ),
      ),
    );
    for (const path of ['/rpc', '/rpc/ping', '/rpc/token/x'])
      expect((await fetch(app.httpUrl + path)).status).toBe(404);
  });
});

describe('an Express app that reads bodies itself', () => {
  it.each(['body', 'rawBody'])('hands over what it has read as %s', async (member) => {
    const adapter = new ExpressAdapter();
    adapter.use(
      async (request: IncomingMessage & Record<string, unknown>, _response: unknown, next: () => void) => {
        const bytes = await buffer(request);
        const isJson = request.headers['content-type'] === 'application/json';
        request[member] = member === 'body' && isJson ? JSON.parse(bytes.toString()) : bytes;
        next();
      },
    );
    const options = { procedures: { secret: KITTEN_SECRET }, publish: { enabled: false } };
    const app = await NestFactory.create(moduleOf({}, options), adapter, {
      logger: new KeptLog(),
      abortOnError: false,
    });
    app.useWebSocketAdapter(new KittiwakeAdapter(app));
    const { httpUrl } = stopped(await TestApp.listen(app));
    for (const [type, body] of [
      ['application/json', '{"foo":"bar"}'],
      ['application/x-msgpack', Buffer.from('81a3666f6fa3626172', 'hex')],
    ] as const) {
      const headers = { 'Content-Type': type, Accept: 'application/x-ndjson' };
      const answer = await fetch(`${httpUrl}/rpc/${KITTEN_SECRET}/ping`, { method: 'POST', headers, body });
      expect(await answer.json()).toMatchObject({ foo: 'bar', pong: true });
    }
  });
});

describe('a request', () => {
  const LIMIT = 20_000;
  const kitten = sharedKitten('the gateway', {
    procedures: { http: { maxRequestBytes: LIMIT, bodyTimeout: '300ms' }, resultBytes: 1_000 },
  });
  const sized = (name: string, bytes: number): object => ({
    headers: { 'Content-Type': 'application/json', Connection: 'close' },
    body: JSON.stringify({ value: '' }).padEnd(bytes, ' '),
    path: `/rpc/${KITTEN_SECRET}/${name}`,
  });

  it('may have the size that is set, its header included', async () => {
    expect((await kitten.ask('', sized('echo', LIMIT - 300))).status).toBe(200);
    for (const bytes of [LIMIT, LIMIT + 1, 3_000_000, 3_000_000, 3_000_000]) {
      const { statusLine, body } = await kitten.ask('', sized('echo', bytes));
      expect(statusLine).toBe('HTTP/1.1 500 Internal Error');
      expect(body.toString()).toBe('{"error":"Request too large"}\n');
    }
  });

  it('is as large as what comes, whatever it says', async () => {
    const client = await kitten.connect();
    client.send(`POST /rpc/${KITTEN_SECRET}/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
    client.send(`5000\r\n${'{'.padEnd(0x5000)}\r\n`);
    expect((await client.answer()).body.toString()).toBe('{"error":"Request too large"}\n');
    const claiming = await kitten.send('echo', { headers: { 'Content-Length': '999999999' }, body: '{}' });
    expect((await claiming.answer()).body.toString()).toBe('{"error":"Request too large"}\n');
    const negative = await kitten.send('echo', { headers: { 'Content-Length': '-1' }, body: '{}' });
    expect((await negative.answer()).status).toBe(400);
  });

  it('is answered before it is whole, when its body does not matter, and read to its end', async () => {
    const client = await kitten.connect();
    const [piece, count] = ['x'.repeat(1_000), 20];
    const head = `POST /rpc/nosuch HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${piece.length * count}\r\n\r\n`;
    expect((await client.send(head).answer()).status).toBe(403);
    for (let i = 0; i < count; i++)
      expect(await new Promise((written) => client.socket.write(piece, written))).toBeFalsy();
    await client.untilEnded();
    expect(client.socket.errored).toBe(null);
  });

  it('is dropped when its body takes too long', async () => {
    const client = await kitten.send('echo', { headers: { 'Content-Length': '10' }, body: '{"a"' });
    await client.untilEnded();
    expect(client.text).toBe('');
  });

  it('gets no result that is too large', async () => {
    expect(await kitten.json('big', { size: 2_000 })).toEqual([500, { error: 'The result is too large.' }]);
    const stream = await kitten.send('flood');
    expect((await stream.answer()).body.toString()).toBe('{"error":"The result is too large."}\n');
  });

  it('is refused when too many calls of the procedure run, or it takes too long', async () => {
    const begun = deferred();
    const never = (): Promise<never> => {
      begun.resolve();
      return new Promise(() => undefined);
    };
    kitten.add(procedureOf('busy', never, { concurrency: 1 }));
    kitten.add(procedureOf('slow', never, { deadlineMs: 50 }));
    await kitten.send('busy');
    await begun.promise;
    const refused = await kitten.ask('busy');
    expect([refused.statusLine, String(refused.body)]).toEqual([
      'HTTP/1.1 503 Unknown',
      '{"error":"Too many calls at a time."}\n',
    ]);
    expect(await kitten.json('slow')).toEqual([504, { error: 'The call took too long.' }]);
  });
});

describe('a connection', () => {
  it('has one call at a time, however soon they come', async () => {
    const kitten = await kittenWith('the gateway');
    const client = await kitten.connect();
    const running: Deferred<void>[] = [];
    kitten.add(
      procedureOf('one', async () => {
        running.push(deferred());
        await running.at(-1)!.promise;
      }),
    );
    for (let count = 0; count < 3; count++) client.request(kitten.requestOf('one', {}));
    for (const count of [1, 2, 3]) {
      await eventually(() => running.length === count);
      await kitten.json('ping');
      expect(running).toHaveLength(count);
      running.at(-1)!.resolve();
      expect((await client.answer()).status).toBe(200);
    }
  });

  /** Those behind the first never learnt that their caller was gone, and ran for ever. */
  it('that ends takes its call along, and those that have not begun', async () => {
    const kitten = await kittenWith('the gateway');
    const client = await kitten.connect();
    for (let count = 0; count < 3; count++) client.request(kitten.requestOf('hang', {}));
    await eventually(() => kitten.live.size === 1);
    client.stop();
    await eventually(() => kitten.live.size === 0);
    await kitten.json('ping');
    expect(kitten.live.size).toBe(0);
  });
});

describe('the token of a call', () => {
  const expiring = (ms: number): object => {
    const token = signToken({
      algorithm: 'HS256',
      key: TOKEN_KEY,
      claims: { sub: 1, exp: (Date.now() + ms) / 1000 },
    });
    return { isService: false, headers: { Authorization: `Bearer ${token}` } };
  };
  const auth: KittiwakeOptions['auth'] & object = {
    jwt: { algorithms: ['HS256'], secret: TOKEN_KEY, fields: { user_id: 'sub' }, clockTolerance: '0s' },
  };

  it('ends it when it expires', async () => {
    const kitten = await kittenWith('the gateway', { auth });
    const stream = await (await kitten.send('trickle', expiring(400))).answer();
    expect(stream.chunks.length).toBeGreaterThan(3);
    expect([String(stream.chunks.at(-1)), stream.isTerminated]).toEqual([
      '{"error":"The token has expired."}\n',
      false,
    ]);
    expect(await kitten.json('hang', undefined, expiring(200))).toEqual([
      401,
      { error: 'The token has expired.' },
    ]);
    await eventually(() => kitten.live.size === 0);
  });

  it('may expire where that is set', async () => {
    const kitten = await kittenWith('the gateway', { auth, procedures: { endWithToken: false } });
    const { body } = await kitten.ask('later', { ...expiring(100), json: { ms: 300 } });
    expect(String(body)).toBe('"late"\n');
  });
});

describe('a gateway that stops', () => {
  it.each(ALL_FRONTS)('ends streams, and answers the calls that it has: %s', async (front) => {
    const kitten = await kittenWith(front);
    const stream = await kitten.send('trickle');
    await stream.chunks(1);
    const last = await kitten.send('later', { json: { ms: 300 } });
    await eventually(() => kitten.live.size === 2);
    const closing = kitten.app.close();
    await stream.untilEnded();
    expect((await stream.answer()).isTerminated).toBe(false);
    expect((await last.answer()).body.toString()).toBe('"late"\n');
    await closing;
  });

  it('cuts calls that do not end in time', async () => {
    const kitten = await kittenWith('an Express app', { shutdown: { timeout: '200ms', spread: '0s' } });
    const client = await kitten.send('hang');
    await eventually(() => kitten.live.size === 1);
    await kitten.app.close();
    await client.untilEnded();
    expect(kitten.live.size).toBe(0);
  });
});
