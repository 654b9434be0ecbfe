import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stoppedAfterEach } from '../../../test/support/cleanup.js';
import { deferred, eventually } from '../../../test/support/wait.js';
import { LineServer, type LineServerLimits } from './line-server.js';

const LIMITS: LineServerLimits = { headerTimeoutMs: 1_000, maxRequestBytes: 4_096, closeTimeoutMs: 1_000 };
const MALFORMED = '{"error":"Invalid Request"}\n';

const stopped = stoppedAfterEach();

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void | Promise<void>;

/** Says what it was asked. */
const say: Answer = ({ method, url, headers }, response, body) => {
  const text = `${JSON.stringify({ method, url, headers, body })}\n`;
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) });
  response.end(Buffer.from(text));
};

/** A line server on a TCP port and on a Unix socket. */
class Lines {
  readonly requests: ServerResponse[] = [];
  private readonly server: LineServer;
  private readonly tcp: Server;
  private readonly unix: Server;
  private folder = '';

  private constructor(answer: Answer, limits: LineServerLimits) {
    this.server = new LineServer(limits, async (request, response) => {
      this.requests.push(response);
      request.on('error', () => undefined);
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      await answer(request, response, Buffer.concat(parts).toString());
    });
    this.tcp = this.server.acceptor();
    this.unix = createServer({ allowHalfOpen: true }, (socket) => this.server.accept('unix', socket));
  }

  static async start(answer: Answer = say, limits: Partial<LineServerLimits> = {}): Promise<Lines> {
    const lines = stopped(new Lines(answer, { ...LIMITS, ...limits }));
    lines.folder = await mkdtemp(join(tmpdir(), 'kittiwake-lines-'));
    lines.tcp.listen(0, '127.0.0.1');
    lines.unix.listen(lines.path);
    await Promise.all([once(lines.tcp, 'listening'), once(lines.unix, 'listening')]);
    return lines;
  }

  get path(): string {
    return join(this.folder, 'lines.sock');
  }

  async connect(over: 'tcp' | 'unix' = 'tcp'): Promise<RawClient> {
    const socket =
      over === 'tcp' ? connect((this.tcp.address() as AddressInfo).port, '127.0.0.1') : connect(this.path);
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Sends, and returns all that came until the end of the connection. */
  async ask(bytes: string | Buffer, over: 'tcp' | 'unix' = 'tcp'): Promise<string> {
    const client = await this.connect(over);
    client.socket.write(bytes);
    return client.untilEnd();
  }

  async stop(): Promise<void> {
    this.server.closeAll();
    this.tcp.close();
    this.unix.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

class RawClient {
  text = '';
  readonly pieces: string[] = [];
  hasEnded = false;

  constructor(readonly socket: Socket) {
    socket.setNoDelay();
    socket.setEncoding('latin1').on('data', (piece: string) => {
      this.text += piece;
      this.pieces.push(piece);
    });
    for (const event of ['end', 'close', 'error']) socket.on(event, () => (this.hasEnded = true));
  }

  async untilEnd(): Promise<string> {
    await eventually(() => this.hasEnded, { what: 'the end of the connection' });
    this.socket.destroy();
    return this.text;
  }
}

/** The lines of the head, with their ends, and the body. */
function parts(answer: string): { readonly head: string; readonly body: string } {
  const end = /\r?\n\r?\n/.exec(answer)!;
  return { head: answer.slice(0, end.index), body: answer.slice(end.index + end[0].length) };
}

function told(answer: string): Record<string, unknown> {
  return JSON.parse(parts(answer).body) as Record<string, unknown>;
}

describe.each(['tcp', 'unix'] as const)('over %s, an answer', (over) => {
  it('has bare line feeds where the request has them', async () => {
    const lines = await Lines.start();
    const answer = await lines.ask('GET /meow HTTP/1.1\nConnection: close\n\n', over);
    expect(answer).not.toContain('\r');
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\nContent-Type: application\/json\nContent-Length: \d+\n/);
    expect(told(answer)).toEqual({ method: 'GET', url: '/meow', headers: { connection: 'close' }, body: '' });
  });

  it('has CRLF where the request has it', async () => {
    const lines = await Lines.start();
    const answer = await lines.ask('GET /meow HTTP/1.1\r\nHost: a\r\n\r\n', over);
    const { head } = parts(answer);
    expect(head.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(head).toMatch(/\r\nConnection: close$/);
    expect(told(answer)).toMatchObject({ url: '/meow', headers: { host: 'a' } });
  });

  it('comes in one piece with its head', async () => {
    const lines = await Lines.start();
    const client = await lines.connect(over);
    client.socket.write('POST /x HTTP/1.1\nContent-Length: 3\n\nabc');
    await client.untilEnd();
    expect(client.pieces).toHaveLength(1);
    expect(told(client.text)).toMatchObject({ method: 'POST', body: 'abc' });
  });

  it('keeps the framing of chunks', async () => {
    const lines = await Lines.start(async (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      for (const i of [0, 1])
        await new Promise<void>((resolve) => void response.write(`{"i": ${i}}\n`, () => resolve()));
      response.end();
    });
    const answer = await lines.ask('GET /gen HTTP/1.1\n\n', over);
    expect(parts(answer).head).toMatch(/\nTransfer-Encoding: chunked$/);
    expect(parts(answer).body).toBe('9\r\n{"i": 0}\n\r\n9\r\n{"i": 1}\n\r\n0\r\n\r\n');
  });

  it('is not touched behind its head', async () => {
    const body = '\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n\r\n';
    const lines = await Lines.start((_request, response) => void response.end(body));
    expect(parts(await lines.ask('GET / HTTP/1.1\n\n', over)).body).toBe(body);
  });

  it('comes although the client has ended its side', async () => {
    const ended = deferred();
    const lines = await Lines.start(async (request, response, body) => {
      await ended.promise;
      return say(request, response, body);
    });
    const client = await lines.connect(over);
    client.socket.end('POST /x HTTP/1.1\nTransfer-Encoding: chunked\n\n2\r\nhi\r\n0\r\n\r\n', ended.resolve);
    await eventually(() => client.text.endsWith('\n'));
    expect(told(client.text)).toMatchObject({ body: 'hi' });
  });

  it('is abandoned within a second when the client goes away', async () => {
    const closed = deferred<number>();
    const lines = await Lines.start((_request, response) => {
      response.once('close', () => closed.resolve(performance.now()));
    });
    const client = await lines.connect(over);
    client.socket.write('GET /never HTTP/1.1\n\n');
    await eventually(() => lines.requests.length === 1);
    const leftAt = performance.now();
    client.socket.destroy();
    expect((await closed.promise) - leftAt).toBeLessThan(1_000);
  });

  it('of large size arrives whole', async () => {
    const blob = 'x'.repeat(5_000_000);
    const lines = await Lines.start((_request, response) => {
      response.setHeader('Content-Length', blob.length);
      response.end(blob);
    });
    expect(parts(await lines.ask('GET /big HTTP/1.1\n\n', over)).body).toHaveLength(blob.length);
  });
});

describe('a client that streams', () => {
  it.each(['tcp', 'unix'] as const)('over %s reads on after it has ended its side', async (over) => {
    const lines = await Lines.start(async (_request, response) => {
      for (let i = 0; i < 10; i++) {
        response.write(`${i}\n`);
        await new Promise((resolve) => setTimeout(resolve, 100)); // in all, longer than an end without a word counts
      }
      response.end('last\n');
    });
    const client = await lines.connect(over);
    client.socket.end('GET / HTTP/1.1\n\n');
    expect(await client.untilEnd()).toContain('last\n');
  });

  it('is noticed to be gone between two results', async () => {
    for (const over of ['tcp', 'unix'] as const) {
      const closed = deferred<number>();
      const lines = await Lines.start((_request, response) => {
        response.once('close', () => closed.resolve(performance.now()));
        response.write('first\n');
      });
      const client = await lines.connect(over);
      client.socket.write('GET / HTTP/1.1\n\n');
      await eventually(() => client.text.includes('first\n'));
      const leftAt = performance.now();
      client.socket.destroy();
      expect((await closed.promise) - leftAt).toBeLessThan(1_000);
    }
  });
});

describe('a request', () => {
  it.each([
    ['has no Host', 'GET / HTTP/1.1\n\n'],
    ['has header names in any case', 'GET / HTTP/1.1\ncontent-LENGTH: 0\n\n'],
    ['has no space behind the colons', 'GET / HTTP/1.1\nA:b\n\n'],
    ['has empty lines before the first', '\r\n\nGET / HTTP/1.1\n\n'],
    ['mixes the ends of its lines', 'GET / HTTP/1.1\nA: b\r\nC: d\n\r\n'],
    ['is of version 1.0', 'GET / HTTP/1.0\n\n'],
    ['has another one behind it', 'GET / HTTP/1.1\n\nGET /second HTTP/1.1\n\n'],
    ['expects what nobody knows', 'GET / HTTP/1.1\nExpect: miracles\n\n'],
    ['has garbage behind it', 'POST / HTTP/1.1\nContent-Length: 1\n\nx\0\0 not HTTP at all\n\n'],
    ['has text that is not ASCII', Buffer.from('GET / HTTP/1.1\nA: ð\n\n')],
  ])('is answered when it %s', async (_what, bytes) => {
    const lines = await Lines.start();
    const answer = await lines.ask(bytes);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\n/);
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(lines.requests).toHaveLength(1);
  });

  it('may come byte by byte', async () => {
    const lines = await Lines.start();
    for (const end of ['\n', '\r\n']) {
      const client = await lines.connect();
      for (const byte of `POST /x HTTP/1.1${end}Content-Length: 2${end}${end}ab`)
        await new Promise<void>((resolve) => void client.socket.write(byte, () => resolve()));
      expect(told(await client.untilEnd())).toMatchObject({ url: '/x', body: 'ab' });
    }
  });

  it.each(['MEOW', 'get', 'CONNECT', 'PROPFIND', 'BREW'])('may have any method: %s', async (method) => {
    const lines = await Lines.start();
    expect(told(await lines.ask(`${method} /x HTTP/1.1\n\n`))).toMatchObject({ method, url: '/x' });
  });

  it('is told to continue in its own line ending', async () => {
    const lines = await Lines.start();
    const client = await lines.connect();
    client.socket.write('POST / HTTP/1.1\nExpect: 100-continue\nContent-Length: 1\n\n');
    await eventually(() => client.text !== '');
    expect(client.text).toBe('HTTP/1.1 100 Continue\n\n');
    client.socket.write('x');
    expect(await client.untilEnd()).toMatch(/^HTTP\/1\.1 100 Continue\n\nHTTP\/1\.1 200 OK\nContent-Type/);
  });
});

describe('a malformed request', () => {
  it.each([
    ['no HTTP', 'meow\n\n'],
    ['no version', 'GET /\n\n'],
    ['a path that is not ASCII', 'GET /ð HTTP/1.1\n\n'],
    ['a version to come', 'GET / HTTP/2.0\n\n'],
    ['no path', 'GET  HTTP/1.1\n\n'],
    ['a header without a colon', 'GET / HTTP/1.1\nmeow\n\n'],
    ['a header name with a space', 'GET / HTTP/1.1\na b: c\n\n'],
    ['a return in a line', 'GET / HTTP/1.1\na: b\rc: d\n\n'],
    ['a NUL', 'GET / HTTP/1.1\na: \0\n\n'],
    ['two lengths', 'POST / HTTP/1.1\nContent-Length: 1\nContent-Length: 2\n\nab'],
    ['a length that is none', 'POST / HTTP/1.1\nContent-Length: -1\n\n'],
    ['a length and chunks', 'POST / HTTP/1.1\nContent-Length: 1\nTransfer-Encoding: chunked\n\n'],
    ['chunks that are none', 'POST / HTTP/1.1\nTransfer-Encoding: chunked\n\nmeow\r\n'],
    ['TLS', Buffer.from('16030100a50100\n00a1\n\n', 'utf8')],
  ])('is answered with 400 in its line ending: %s', async (_what, bytes) => {
    const lines = await Lines.start();
    const answer = await lines.ask(bytes);
    expect(parts(answer).head).toBe(
      `HTTP/1.1 400 Invalid Request\nContent-Type: application/json\nContent-Length: ${MALFORMED.length}\nConnection: close`,
    );
    expect(parts(answer).body).toBe(MALFORMED);
    const withCrlf = await lines.ask(bytes.toString().replaceAll('\n', '\r\n'));
    expect(withCrlf).toMatch(/^HTTP\/1\.1 400 Invalid Request\r\nContent-Type: application\/json\r\n/);
  });

  it.each([
    ['head', 'GET / HTTP/1.1\n'],
    ['body', 'POST / HTTP/1.1\nContent-Length: 9\n\nabc'],
    ['chunk', 'POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n5\r\nabc'],
  ])('is answered with 400 when the client ends it in the middle of its %s', async (_what, text) => {
    const lines = await Lines.start();
    const client = await lines.connect();
    client.socket.end(text);
    expect(await client.untilEnd()).toContain('400 Invalid Request');
  });
});

describe('the limits', () => {
  it('drop a connection whose head is not complete in time, without an answer', async () => {
    const lines = await Lines.start(say, { headerTimeoutMs: 100 });
    for (const text of ['', 'GET / HTTP/1.1\n', 'GET / HTTP/1.1\r\nA: b\r\n']) {
      const client = await lines.connect();
      client.socket.write(text);
      expect(await client.untilEnd()).toBe('');
    }
    expect(lines.requests).toHaveLength(0);
  });

  it('do not count the time of the body', async () => {
    const lines = await Lines.start(say, { headerTimeoutMs: 50 });
    const client = await lines.connect();
    client.socket.write('POST / HTTP/1.1\nContent-Length: 2\n\na');
    await eventually(() => lines.requests.length === 1);
    const late = await lines.connect(); // when its time is over, so is that of any head
    late.socket.write('GET / HTTP/1.1\n');
    await late.untilEnd();
    client.socket.write('b');
    expect(told(await client.untilEnd())).toMatchObject({ body: 'ab' });
  });

  it.each([
    ['head', `GET / HTTP/1.1\nA: ${'a'.repeat(5_000)}\n\n`],
    ['head without end', `GET / HTTP/1.1\n${'a: b\n'.repeat(1_000)}`],
    ['body', `POST / HTTP/1.1\nContent-Length: 5000\n\n${'a'.repeat(5_000)}`],
    ['chunks', `POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n${'1\r\na\r\n'.repeat(1_000)}`],
  ])('answer a request that is too large with 500: its %s', async (_what, text) => {
    const lines = await Lines.start();
    const answer = await lines.ask(text);
    expect(answer).toMatch(/^HTTP\/1\.1 500 Internal Error\n/);
    expect(parts(answer).body).toBe('{"error":"Request too large"}\n');
  });

  it('answer a head of very many lines with 500, long before it is as large as a request may be', async () => {
    const lines = await Lines.start(say, { maxRequestBytes: 1 << 20 });
    expect(await lines.ask(`GET / HTTP/1.1\n${'a: b\n'.repeat(990)}\n`)).toMatch(/^HTTP\/1\.1 200 OK\n/);
    const answer = await lines.ask(`GET / HTTP/1.1\n${'a: b\n'.repeat(1_100)}\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 500 Internal Error\n/);
    expect(parts(answer).body).toBe('{"error":"Request too large"}\n');
  });

  it('let the answer through to a client that goes on sending', async () => {
    const lines = await Lines.start();
    const client = await lines.connect();
    client.socket.write('POST / HTTP/1.1\nContent-Length: 9000000\n\n');
    for (let sent = 0; sent < 90; sent++) client.socket.write('x'.repeat(100_000));
    await eventually(() => client.text.endsWith('\n'));
    expect(client.text).toContain('Request too large');
  });

  it('take a request of just that size', async () => {
    const head = 'POST / HTTP/1.1\nContent-Length: 4000\n';
    const request = `${head}A: ${'a'.repeat(4_096 - 4_000 - head.length - 5)}\n\n${'b'.repeat(4_000)}`;
    expect(request).toHaveLength(LIMITS.maxRequestBytes);
    const lines = await Lines.start();
    expect(told(await lines.ask(request))).toMatchObject({ body: 'b'.repeat(4_000) });
    expect(await lines.ask(request.replace('A: ', 'A: a'))).toContain('Request too large');
  });
});
