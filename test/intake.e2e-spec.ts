import type { KittiwakeOptions } from '../src/config/options.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { TestClient } from './support/client.js';
import { API_KEY, TestGateway } from './support/gateway.js';
import { publishRequest, HttpSocket, type SocketResponse } from './support/http-socket.js';
import { RedisServer } from './support/redis-server.js';
import { eventually } from './support/wait.js';

const SERVICES = { books: { requireAuthentication: false } };

const stopped = stoppedAfterEach();
let gateway: TestGateway;
let client: TestClient;
let service: HttpSocket;

async function connectService(): Promise<HttpSocket> {
  return stopped(await HttpSocket.connect(Number(new URL(gateway.httpUrl).port)));
}

async function start(options: KittiwakeOptions = {}): Promise<void> {
  gateway = stopped(await TestGateway.start({ services: SERVICES, ...options }));
  client = await TestClient.connect(gateway.url);
  await client.ask({ event: 'subscribe', subscription: 'books.1' });
  service = await connectService();
}

const publication = (data: unknown): string => JSON.stringify({ subscription: 'books.1', data });

/** Numbers for data. */
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

async function delivered(count: number): Promise<unknown[]> {
  const data: unknown[] = [];
  while (data.length < count) data.push((await client.next()).data);
  return data;
}

describe('requests of a service on one connection', () => {
  it('are answered in order, and their publications delivered, however they are cut', async () => {
    await start();
    const requests = Buffer.from(
      upTo(20)
        .map((n) => publishRequest(publication(`é${n}`)))
        .join(''),
    );
    for (const size of [requests.length, 1000, 7, 1]) {
      for (let at = 0; at < requests.length; at += size) {
        service.socket.write(requests.subarray(at, at + size));
        if (size > 1 || at % 97 === 0) await new Promise(setImmediate);
      }
      for (const _ of upTo(20)) expect((await service.response()).status).toBe(200);
      expect(await delivered(20)).toEqual(upTo(20).map((n) => `é${n}`));
    }
  });

  it('are answered as any other request to the same endpoint', async () => {
    await start({ publish: { maxBodyBytes: '1KiB', maxBatch: 2 } });
    const bodies = [
      publication(1),
      `[${publication(1)},{},${publication(3)}]`,
      `[${publication(1)},{}]`,
      '[]',
      ' \n[1',
      '{}',
      '{',
      '',
      publication('d'.repeat(2000)),
    ];
    const answers = async (path: string): Promise<SocketResponse[]> => {
      const answers: SocketResponse[] = [];
      for (const body of bodies) {
        service = await connectService();
        answers.push(await service.send(publishRequest(body, path)).response());
      }
      return answers;
    };
    expect(await answers('/publish')).toEqual(await answers('/publish?'));
  });

  it('may be followed by others, and again by the same', async () => {
    await start();
    const live = 'GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n';
    service.send(publishRequest(publication(1)) + live + publishRequest(publication(2)));
    expect([await service.response(), await service.response(), await service.response()]).toMatchObject([
      { status: 200, body: '{"status":"ok"}' },
      { status: 200, body: '{"status":"ok"}' },
      { status: 200, body: '{"status":"ok"}' },
    ]);
    expect((await service.send(publishRequest(publication(3))).response()).status).toBe(200);
    expect(await delivered(3)).toEqual([1, 2, 3]);
  });

  it('may be framed in every way that HTTP knows', async () => {
    await start();
    const body = publication(1);
    const chunked = publishRequest(body, '/publish', 'Transfer-Encoding: chunked\r\n')
      .replace(/Content-Length: \d+\r\n/, '')
      .replace(body, `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
    expect((await service.send(chunked).response()).status).toBe(200);
    service.send(publishRequest(publication(2), '/publish', 'Expect: 100-continue\r\n'));
    expect([(await service.response()).status, (await service.response()).status]).toEqual([100, 200]);
    const last = publishRequest(publication(3), '/publish', 'Connection: close\r\n');
    expect((await service.send(last).response()).head).toContain('Connection: close');
    await service.untilClosed();
    expect(await delivered(3)).toEqual([1, 2, 3]);
  });

  it('are refused where they are no HTTP', async () => {
    await start();
    const [head, body] = publishRequest(publication(1)).split('\r\n\r\n') as [string, string];
    for (const wrong of ['Content-Length: 99', 'Transfer-Encoding: identity', ' folded: x', 'a b: c']) {
      service = await connectService();
      service.send(publishRequest(publication(0)));
      await service.response();
      service.send(`${head}\r\n${wrong}\r\n\r\n${body}`);
      expect(await service.untilClosed()).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
    }
    service = await connectService();
    service.send(publishRequest(publication(0)).replace('Host: a\r\n', ''));
    expect(await service.untilClosed()).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
    expect(await delivered(4)).toEqual([0, 0, 0, 0]);
  });

  it('need the key each', async () => {
    await start();
    const request = publishRequest(publication(1));
    const forged = request.replace(/Bearer ./, 'Bearer X');
    service.send(request + forged + request.replace(/Authorization.*\r\n/, '') + request);
    const statuses: number[] = [];
    for (const _ of upTo(4)) statuses.push((await service.response()).status);
    expect(statuses).toEqual([200, 401, 401, 200]);
    expect(await delivered(2)).toEqual([1, 1]);
  });

  it('are answered though the client sends no more', async () => {
    await start();
    service.socket.end(publishRequest(publication(1)));
    expect((await service.response()).status).toBe(200);
    await service.untilClosed();
  });

  it('are not read while their answers are not', async () => {
    await start();
    service.socket.pause();
    const batch = publishRequest(`[${'0,'.repeat(999)}0${' '.repeat(20_000)}]`);
    const isBlocked = (): boolean => service.socket.writableLength > 8_000_000;
    for (let i = 0; i < 3000 && !isBlocked(); i++) {
      service.send(batch);
      await new Promise(setImmediate);
    }
    expect(isBlocked()).toBe(true);
    service.socket.resume();
    expect((await service.response()).status).toBe(200);
  });
});

describe('requests of a service through Redis', () => {
  it('are answered in order, those after them by the server of everything else too', async () => {
    const redis = stopped(await RedisServer.start());
    await start({ broker: { kind: 'redis', redis: { url: redis.url } } });
    const live = 'GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
    const requests = upTo(600).map((n) => publishRequest(n % 10 === 9 ? '{' : publication(n)));
    service.send(requests.join('') + live);
    const statuses: number[] = [];
    for (const _ of upTo(601)) statuses.push((await service.response()).status);
    expect(statuses).toEqual([...upTo(600).map((n) => (n % 10 === 9 ? 400 : 200)), 200]);
    expect(await delivered(540)).toEqual(upTo(600).filter((n) => n % 10 !== 9));
    await service.untilClosed();
  });
});

describe('a request that asks for another protocol', () => {
  it.each(['h2c', 'TLS/1.0', 'foo'])('is answered as if it had not: %s', async (protocol) => {
    await start();
    const asking = `Connection: Upgrade, HTTP2-Settings\r\nUpgrade: ${protocol}\r\nHTTP2-Settings: AAMAAABk\r\n`;
    service.send(publishRequest(publication(1), '/publish', asking) + publishRequest(publication(2)));
    service.send(`GET /health/live HTTP/1.1\r\nHost: a\r\n${asking}\r\n`);
    for (const _ of upTo(3)) expect((await service.response()).status).toBe(200);
    expect(await delivered(2)).toEqual([1, 2]);
    service.send(`GET /ws HTTP/1.1\r\nHost: a\r\n${asking}\r\n`);
    expect((await service.response()).status).toBe(426);
  });
});

describe('a body', () => {
  // 200 of a mebibyte each were held until they were whole, for nothing.
  it('is not waited for from who has no key', async () => {
    await start({ rooms: { api: { url: 'http://127.0.0.1:1/' } } });
    for (const path of ['/publish', '/trigger', '/disconnect', '/unsubscribe', '/revoke']) {
      const stranger = await connectService();
      stranger.send(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n{`);
      expect([path, (await stranger.response()).status]).toEqual([path, 401]);
    }
  });

  it.each([
    ['says its length', { 'Content-Length': '3000000' }, ' '.repeat(3_000_000)],
    ['does not', { 'Transfer-Encoding': 'chunked' }, `2dc6c0\r\n${' '.repeat(3_000_000)}\r\n0\r\n\r\n`],
  ])('that is too large is refused in a way that its sender sees, when it %s', async (_, headers, body) => {
    await start();
    const lines = Object.entries({ Host: 'a', Authorization: `Bearer ${API_KEY}`, ...headers });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    service.send(`POST /publish HTTP/1.1\r\n${head}\r\n${body}`);
    const { status, body: answer } = await service.response();
    expect([status, answer]).toEqual([
      413,
      '{"status":"error","error":"the body must not exceed 1048576 bytes"}',
    ]);
    await eventually(() => service.socket.bytesWritten >= 3_000_000); // all of it was read
  });

  // Python's urllib, which closes after each answer, met a broken pipe instead.
  it.each([
    ['too large', API_KEY, 413],
    ['of who has no key', 'wrong', 401],
  ])('that is %s is read before the connection closes', async (_, key, status) => {
    await start();
    const head = `POST /publish HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\nConnection: close`;
    const request = `${head}\r\nContent-Length: 12000000\r\n\r\n${' '.repeat(12_000_000)}`;
    const sent = new Promise<unknown>((resolve) => service.socket.write(request, resolve));
    expect((await service.response()).status).toBe(status);
    expect(await sent).toBeFalsy(); // no error
  });
});

describe('a service that sends nothing more', () => {
  it('gets the answers that are on their way, and then the end', async () => {
    const redis = stopped(await RedisServer.start());
    await start({ broker: { kind: 'redis', redis: { url: redis.url } } });
    service.send(publishRequest(publication(1)) + publishRequest(publication(2)));
    service.socket.end();
    for (const _ of upTo(2)) expect((await service.response()).status).toBe(200);
    expect(await service.untilClosed()).toBe('');
  });

  it('and has sent nothing is closed without a word, as late as one that has', async () => {
    await start({ limits: { handshakeTimeout: '300ms' } });
    const { app } = gateway;
    app.getHttpServer().keepAliveTimeout = 1_500;
    const silent = await connectService();
    const begun = (await connectService()).send('POST');
    await begun.untilClosed();
    expect(silent.isClosed).toBe(false);
    expect(await silent.untilClosed()).toBe('');
  });
});

describe('a service that is slow', () => {
  it('is answered with 408 and closed when a request does not become complete in time', async () => {
    await start({ limits: { handshakeTimeout: '300ms' } });
    const [head = ''] = publishRequest(publication(1)).split('\r\n\r\n');
    const inHead = (await connectService()).send(head);
    const inBody = (await connectService()).send(`${head}\r\n\r\n{`);
    for (const one of [inHead, inBody]) {
      expect(await one.untilClosed()).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/);
    }
  });

  it('is closed though it sends a byte now and then', async () => {
    await start({ limits: { handshakeTimeout: '300ms' } });
    service.send('POST /publish HTTP/1.1\r\nX: ');
    const now = setInterval(() => service.isClosed || service.send('x'), 10);
    expect(await service.untilClosed()).toMatch(/^HTTP\/1.1 408 Request Timeout\r\n/);
    clearInterval(now);
  });
});

describe('a service that is connected when the gateway stops', () => {
  it('is closed when it is idle', async () => {
    await start();
    await service.send(publishRequest(publication(1))).response();
    const silent = await connectService();
    await gateway.stop();
    expect([await service.untilClosed(), await silent.untilClosed()]).toEqual(['', '']);
  });

  it('is told with its last answer', async () => {
    await start({ shutdown: { spread: '500ms' } });
    const request = publishRequest(publication(1));
    service.send(request.slice(0, -1));
    await eventually(() => service.socket.bytesWritten === request.length - 1);
    const others = await Promise.all(upTo(30).map(() => TestClient.connect(gateway.url)));
    const stop = gateway.stop();
    await Promise.any(others.map((other) => other.untilClosed()));
    const { status, head } = await service.send(request.slice(-1)).response();
    expect([status, head]).toEqual([200, expect.stringContaining('Connection: close')]);
    await service.untilClosed();
    await stop;
  });
});
