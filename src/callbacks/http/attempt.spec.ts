import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import { answer, appsOfTest, type HttpApp } from '../../../test/support/http-app.js';
import { callersOfTest } from '../../../test/support/http-callers.js';
import type { JsonText } from '../../protocol/json/json.js';
import { HttpAttempt } from './attempt.js';
import type { ConnectionPools } from './connection-pools.js';
import { AttemptError } from './exchange.js';
import { outgoing } from './outgoing.js';

const BODY = '{"subscription": "books.book_1"}' as JsonText;

beforeAll(() => Logger.overrideLogger(false));

describe('what is sent', () => {
  const startApp = appsOfTest();
  const openCaller = callersOfTest();

  it('is the JSON text as given, posted as application/json', async () => {
    const app = await startApp((response) => answer(response));
    const body = '{ "id":12345678901234567890,  "é": 1.0 }' as JsonText;
    await openCaller().call(`${app.origin}/on/message?a=b`, body);
    expect(app.requests).toEqual([
      expect.objectContaining({ method: 'POST', path: '/on/message?a=b', body }),
    ]);
    expect(app.requests[0]?.headers['content-type']).toBe('application/json');
    expect(app.requests[0]?.headers.authorization).toBeUndefined();
  });

  it('has the headers of the call, but always the content type of JSON', async () => {
    const app = await startApp((response) => answer(response));
    await openCaller().call(app.origin, BODY, {
      headers: { 'X-Api-Key': 'k', 'Content-Type': 'text/plain' },
    });
    expect(app.requests[0]?.headers).toMatchObject({ 'x-api-key': 'k', 'content-type': 'application/json' });
  });

  it('has user and password of the URL as basic authentication', async () => {
    const app = await startApp((response) => answer(response));
    await openCaller().call(app.origin.replace('//', '//user:p%40ss@'), BODY);
    expect(app.requests[0]?.headers.authorization).toBe(`Basic ${btoa('user:p@ss')}`);
  });

  it('has the authorization of the call rather than that of the URL', async () => {
    const app = await startApp((response) => answer(response));
    const headers = { Authorization: 'Bearer token' };
    await openCaller().call(app.origin.replace('//', '//user:pass@'), BODY, { headers });
    expect(app.requests[0]?.headers.authorization).toBe('Bearer token');
  });
});

describe('an answer', () => {
  const startApp = appsOfTest();
  const openCaller = callersOfTest();

  it.each([200, 201, 202, 299])('with status %d and JSON succeeds', async (status) => {
    const app = await startApp((response) => answer(response, '{"status": "ok"}', { status }));
    await expect(openCaller().call(app.origin, BODY)).resolves.toEqual(new Map([['status', '"ok"']]));
    expect(app.requests).toHaveLength(1);
  });

  it.each([
    'application/problem+json',
    'application/json; charset=utf-8',
    'Application/JSON',
    'application/json ;a="b"',
  ])('labelled %s is JSON', async (type) => {
    const app = await startApp((response) => answer(response, '{}', { headers: { 'content-type': type } }));
    await expect(openCaller().call(app.origin, BODY)).resolves.toEqual(new Map());
  });

  it.each(['text/html', 'text/json', 'application/jsonp', 'application/+json', ''])(
    'labelled %j is a failed try',
    async (type) => {
      const app = await startApp((response) => answer(response, '{}', { headers: { 'content-type': type } }));
      await expect(openCaller({ tries: 2 }).call(app.origin, BODY)).rejects.toThrow(
        'the content type of the answer is not application/json',
      );
      expect(app.requests).toHaveLength(2);
    },
  );

  it('without a content type is a failed try', async () => {
    const app = await startApp((response) => response.writeHead(204).end());
    await expect(openCaller().call(app.origin, BODY)).rejects.toThrow(
      'the content type of the answer is not',
    );
    expect(app.requests).toHaveLength(3);
  });

  it.each([300, 301, 302, 303, 304, 408, 429, 500, 503])('with status %d is a failed try', async (status) => {
    const headers = { location: '/other' };
    const app = await startApp((response) => answer(response, '{}', { status, headers }));
    await expect(openCaller().call(app.origin, BODY)).rejects.toThrow(
      `failed after 3 tries: status ${status}`,
    );
    expect(app.requests.map(({ path }) => path)).toEqual(['/', '/', '/']);
  });

  it.each([400, 404, 410, 422])('with status %d is not asked for again', async (status) => {
    const app = await startApp((response) => answer(response, '{"status": "ok"}', { status }));
    await expect(openCaller().call(app.origin, BODY)).rejects.toMatchObject({
      message: `POST ${app.origin}/: failed after 1 try: status ${status}`,
      isFinal: true,
    });
    expect(app.requests).toHaveLength(1);
  });

  it.each([401, 403])('with status %d and JSON is a refusal, told at once', async (status) => {
    const text = '{"status": "ok", "error": "No.", "data": 1}';
    const app = await startApp((response) => answer(response, text, { status }));
    const refusal = { status: '"error"', error: '"No."', data: '1' };
    await expect(openCaller().call(app.origin, BODY)).resolves.toEqual(new Map(Object.entries(refusal)));
    expect(app.requests).toHaveLength(1);
  });

  it.each([
    ['HTML', 'text/html', '<p>No.'],
    ['an empty body', 'application/json', ''],
    ['a list', 'application/json', '[]'],
  ])('with status 403 and %s is not asked for again', async (_, type, text) => {
    const headers = { 'content-type': type };
    const app = await startApp((response) => answer(response, text, { status: 403, headers }));
    await expect(openCaller().call(app.origin, BODY)).rejects.toThrow('failed after 1 try: status 403');
  });

  it.each([400, 401, 403, 404])('with status %d is a failed try where any error is', async (status) => {
    const app = await startApp((response) => answer(response, '{"error": "No."}', { status }));
    const call = openCaller({ retryOn: 'any-error' }).call(app.origin, BODY);
    await expect(call).rejects.toThrow(`failed after 3 tries: status ${status}`);
  });

  it('may be as large as the limit', async () => {
    const text = `{"a": "${'x'.repeat(91)}"}`;
    const app = await startApp((response) => answer(response, text));
    await expect(openCaller({ maxResponseBytes: 100 }).call(app.origin, BODY)).resolves.toBeInstanceOf(Map);
  });

  it.each(['with a length', 'in chunks'])('larger than the limit is a failed try, %s', async (way) => {
    const text = `{"a": "${'x'.repeat(92)}"}`;
    const app = await startApp((response) => {
      if (way === 'in chunks')
        response.writeHead(200, { 'content-type': 'application/json' }).write(text.slice(0, 9));
      if (way === 'in chunks') response.end(text.slice(9));
      else answer(response, text);
    });
    await expect(openCaller({ maxResponseBytes: 100 }).call(app.origin, BODY)).rejects.toThrow(
      'the answer is larger than 100 bytes',
    );
    expect(app.requests).toHaveLength(3);
  });

  it.each([
    [200, 'larger than 1048576 bytes'],
    [500, 'status 500'],
  ])('with status %d and without an end is given up: %s', async (status, fault) => {
    const app = await startApp((response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    });
    await expect(openCaller({ tries: 1 }).call(app.origin, BODY)).rejects.toThrow(fault);
  });
});

describe('a connection', () => {
  const openCaller = callersOfTest();
  let server: Server | undefined;
  const sockets: Socket[] = [];

  async function listen(onConnection: (socket: Socket) => void): Promise<number> {
    server = createServer((socket) => {
      sockets.push(socket.on('error', () => {}));
      onConnection(socket);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    if (server?.listening) await once(server.close(), 'close');
  });

  it('that is refused is a failed try', async () => {
    const port = await listen(() => {});
    await once(server!.close(), 'close');
    await expect(openCaller().call(`http://127.0.0.1:${port}/`, BODY)).rejects.toThrow(
      /3 tries: .*ECONNREFUSED/,
    );
  });

  it('that is refused on every address of a host says so', async () => {
    const refused = Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' });
    const pools = { to: () => ({ request: () => Promise.reject(refused) }) } as unknown as ConnectionPools;
    const settings = {
      timeoutMs: 50,
      maxResponseBytes: 1,
      rateLimitHeaders: [],
      retryOn: 'transient' as const,
    };
    const attempt = new HttpAttempt(outgoing('POST', 'http://localhost/', {}, BODY), settings, pools);
    await expect(attempt.run(new AbortController().signal)).rejects.toThrow(new AttemptError('ECONNREFUSED'));
  });

  it('that is cut before the answer is a failed try', async () => {
    const port = await listen((socket) => socket.once('data', () => socket.destroy()));
    await expect(openCaller().call(`http://127.0.0.1:${port}/`, BODY)).rejects.toThrow(
      '3 tries: other side closed',
    );
    expect(sockets).toHaveLength(3);
  });

  it('that is cut within the answer is a failed try', async () => {
    const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"status"';
    const port = await listen((socket) => socket.once('data', () => socket.end(head)));
    await expect(openCaller().call(`http://127.0.0.1:${port}/`, BODY)).rejects.toThrow(
      '3 tries: other side closed',
    );
    expect(sockets).toHaveLength(3);
  });

  it('to something that does not speak HTTP is a failed try', async () => {
    const port = await listen((socket) => socket.end('220 mail.example.com ESMTP\r\n'));
    await expect(openCaller({ tries: 1 }).call(`http://127.0.0.1:${port}/`, BODY)).rejects.toThrow(
      /1 try: .*HTTP/,
    );
  });

  it('that does not come about in time is a failed try', async () => {
    const port = await listen(() => {}); // Accepts, but answers no TLS handshake.
    const caller = openCaller({ timeoutMs: 50, tries: 2 });
    await expect(caller.call(`https://127.0.0.1:${port}/`, BODY)).rejects.toThrow(
      '2 tries: no answer within 50 ms',
    );
  });
});

describe('the time limit of a try', () => {
  const startApp = appsOfTest();
  const openCaller = callersOfTest();

  it('ends a try without an answer', async () => {
    const app = await startApp(() => {});
    await expect(openCaller({ timeoutMs: 50 }).call(app.origin, BODY)).rejects.toThrow(
      'failed after 3 tries: no answer within 50 ms',
    );
    expect(app.requests).toHaveLength(3);
  });

  it('ends a try whose answer comes slowly', async () => {
    const app = await startApp((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const drip = setInterval(() => response.write(' '), 5);
      response.on('close', () => clearInterval(drip));
    });
    await expect(openCaller({ timeoutMs: 50, tries: 1 }).call(app.origin, BODY)).rejects.toThrow(
      'within 50 ms',
    );
  });

  it('counts redirects in', async () => {
    const app = await startApp((response) => {
      setTimeout(() => answer(response, '', { status: 307, headers: { location: '/' } }), 20);
    });
    await expect(openCaller({ timeoutMs: 50, tries: 1 }).call(app.origin, BODY)).rejects.toThrow(
      'within 50 ms',
    );
  });

  it('counts the wait for a free connection in', async () => {
    const app = await startApp(() => {});
    const caller = openCaller({ timeoutMs: 50, tries: 1, connections: 1 });
    const calls = [caller.call(app.origin, BODY), caller.call(app.origin, BODY)];
    for (const { status } of await Promise.allSettled(calls)) expect(status).toBe('rejected');
  });

  it('is one for each try', async () => {
    const app = await startApp((response) => {
      if (app.requests.length === 3) answer(response);
    });
    await expect(openCaller({ timeoutMs: 200 }).call(app.origin, BODY)).resolves.toBeInstanceOf(Map);
  });
});

describe('a redirect', () => {
  const startApp = appsOfTest();
  const openCaller = callersOfTest();

  /** An app that redirects `/start` and answers everything else. */
  function redirecting(location: () => string, status = 307): Promise<HttpApp> {
    return startApp((response, { path }) => {
      if (path === '/start') answer(response, '', { status, headers: { location: location() } });
      else answer(response, `{"path": ${JSON.stringify(path)}}`);
    });
  }

  it.each([307, 308])('with status %d is followed with method, body and headers', async (status) => {
    const app = await redirecting(() => '/target?a', status);
    const answered = await openCaller().call(app.origin.replace('//', '//user:pass@') + '/start', BODY, {
      headers: { 'X-Api-Key': 'k' },
    });
    expect(answered.get('path')).toBe('"/target?a"');
    expect(app.requests).toHaveLength(2);
    expect(app.requests[1]).toMatchObject({
      method: 'POST',
      path: '/target?a',
      body: BODY,
      headers: {
        'content-type': 'application/json',
        'x-api-key': 'k',
        authorization: `Basic ${btoa('user:pass')}`,
      },
    });
  });

  it('to another origin is a failed try', async () => {
    const other = await startApp((response) => answer(response));
    const app = await redirecting(() => `${other.origin.replace('//', '//user:pass@')}/target?key=k`);
    await expect(openCaller().call(`${app.origin}/start`, BODY)).rejects.toThrow(
      `3 tries: redirected to ${other.origin}/target?…, which redirectOrigins does not allow`,
    );
    expect(other.requests).toEqual([]);
  });

  it('to an allowed origin is followed without the headers of the call', async () => {
    const other = await startApp((response) => answer(response));
    const app = await redirecting(() => `${other.origin.replace('//', '//name:word@')}/target`);
    const caller = openCaller({ redirectOrigins: [other.origin] });
    await caller.call(app.origin.replace('//', '//user:pass@') + '/start', BODY, {
      headers: { 'X-Api-Key': 'k' },
    });
    expect(other.requests).toEqual([
      expect.objectContaining({ method: 'POST', path: '/target', body: BODY }),
    ]);
    expect(other.requests[0]?.headers['content-type']).toBe('application/json');
    expect(other.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(other.requests[0]?.headers).not.toHaveProperty('x-api-key');
  });

  it('back from another origin is followed without the headers of the call', async () => {
    const other = await redirecting(() => `${app.origin}/back`);
    const app = await redirecting(() => `${other.origin}/start`);
    const caller = openCaller({ redirectOrigins: [other.origin] });
    await caller.call(`${app.origin}/start`, BODY, { headers: { 'X-Api-Key': 'k' } });
    expect(app.requests.map(({ path, headers }) => [path, headers['x-api-key']])).toEqual([
      ['/start', 'k'],
      ['/back', undefined],
    ]);
  });

  it.each(['', 'http://', 'ftp://127.0.0.1/'])('to %j is a failed try', async (location) => {
    const app = await startApp((response) =>
      answer(response, '', { status: 308, headers: location ? { location } : {} }),
    );
    await expect(openCaller().call(app.origin, BODY)).rejects.toThrow(
      /status 308 without a location|not a URL/,
    );
    expect(app.requests).toHaveLength(3);
  });

  it('is followed ten times', async () => {
    const app = await startApp((response) => {
      if (app.requests.length <= 10) answer(response, '', { status: 307, headers: { location: '/' } });
      else answer(response);
    });
    await expect(openCaller({ tries: 1 }).call(app.origin, BODY)).resolves.toBeInstanceOf(Map);
  });

  it('is not followed an eleventh time', async () => {
    const app = await startApp((response) =>
      answer(response, '', { status: 307, headers: { location: '/' } }),
    );
    await expect(openCaller({ tries: 1 }).call(app.origin, BODY)).rejects.toThrow(
      '1 try: more than 10 redirects',
    );
    expect(app.requests).toHaveLength(11);
  });
});
