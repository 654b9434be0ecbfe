import { once } from 'node:events';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { eventually } from './wait.js';

const END_OF_HEAD = /\r?\n\r?\n/;

/** A request as it goes over the wire. */
export interface RawRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Its length is sent along, unless the headers say something of it. */
  readonly body?: string | Buffer;
  /** Default: CRLF. */
  readonly lineEnd?: string;
}

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly statusLine: string;
  readonly status: number;
  /** By name as it was spelt. */
  readonly headers: Readonly<Record<string, string>>;
  readonly lineEnd: string;
  readonly body: Buffer;
  /** Of a chunked answer. */
  readonly chunks: readonly Buffer[];
  /** Whether the empty chunk came. */
  readonly isTerminated: boolean;
}

/** A client of HTTP that hides nothing: one connection, byte by byte. */
export class RawHttp {
  isEnded = false;
  private received: Buffer = Buffer.alloc(0);

  private constructor(readonly socket: Socket) {
    socket.on('data', (bytes) => (this.received = Buffer.concat([this.received, bytes])));
    socket.on('error', () => undefined); // 'close' follows
    socket.on('end', () => (this.isEnded = true)).on('close', () => (this.isEnded = true));
  }

  static async connect(options: NetConnectOpts): Promise<RawHttp> {
    const socket = connect({ noDelay: true, ...options } as NetConnectOpts);
    await once(socket, 'connect');
    return new RawHttp(socket);
  }

  /** What has come and is not part of an answer yet. */
  get text(): string {
    return this.received.toString('latin1');
  }

  send(bytes: string | Buffer): this {
    this.socket.write(bytes);
    return this;
  }

  request(request: RawRequest): this {
    return this.send(requestBytes(request));
  }

  /** The next answer, once it is whole, or the connection has ended. */
  async answer(): Promise<RawAnswer> {
    const { answer, rest } = await eventually(() => this.parse(true), { what: 'an answer' });
    this.received = rest;
    return answer;
  }

  /** The answer so far, once it has as many chunks. */
  chunks(count: number): Promise<RawAnswer> {
    const parsed = (): RawAnswer | undefined => this.parse(false)?.answer;
    return eventually(
      () => {
        const answer = parsed();
        return answer && answer.chunks.length >= count ? answer : undefined;
      },
      { what: `${count} chunks` },
    );
  }

  async untilEnded(): Promise<void> {
    await eventually(() => this.isEnded, { what: 'the end of the connection' });
  }

  stop(): void {
    this.socket.destroy();
  }

  private parse(isWhole: boolean): { answer: RawAnswer; rest: Buffer } | undefined {
    const { text } = this;
    const end = END_OF_HEAD.exec(text);
    if (!end) {
      if (this.isEnded) throw new Error(`the connection ended after ${JSON.stringify(text)}`);
      return undefined;
    }
    const [statusLine = '', ...lines] = text.slice(0, end.index).split(/\r?\n/);
    const headers = Object.fromEntries(lines.map((line) => line.split(/: (.*)/s, 2) as [string, string]));
    const head = {
      statusLine,
      status: Number(statusLine.split(' ')[1]),
      headers,
      lineEnd: end[0].slice(end[0].length / 2),
    };
    const bytes = this.received.subarray(end.index + end[0].length);
    if (headers['Transfer-Encoding'] === 'chunked') {
      const { chunks, isTerminated, rest } = chunksOf(bytes);
      if (isWhole && !isTerminated && !this.isEnded) return undefined;
      return { answer: { ...head, body: Buffer.concat(chunks), chunks, isTerminated }, rest };
    }
    const length = lengthOf(head.status, headers);
    if (bytes.length < length && !this.isEnded) return undefined;
    return {
      answer: { ...head, body: bytes.subarray(0, length), chunks: [], isTerminated: false },
      rest: bytes.subarray(length),
    };
  }
}

/** Names are spelt as they are by whoever answers. */
function lengthOf(status: number, headers: Readonly<Record<string, string>>): number {
  if (status === 204) return 0;
  const name = Object.keys(headers).find((one) => one.toLowerCase() === 'content-length');
  return name === undefined ? Infinity : Number(headers[name]);
}

export function requestBytes({ method, path, headers = {}, body, lineEnd = '\r\n' }: RawRequest): Buffer {
  const content = Buffer.from(body ?? '');
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  const isDelimited = names.includes('content-length') || names.includes('transfer-encoding');
  const all = {
    Host: 'localhost',
    ...headers,
    ...(body !== undefined && !isDelimited && { 'Content-Length': `${content.length}` }),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}${lineEnd}`);
  const verb = method ?? (body === undefined ? 'GET' : 'POST');
  const head = Buffer.from(`${verb} ${path} HTTP/1.1${lineEnd}${lines.join('')}${lineEnd}`);
  return Buffer.concat([head, content]);
}

/** Chunks end in CRLF, whatever lines of the head do. */
function chunksOf(bytes: Buffer): { chunks: Buffer[]; isTerminated: boolean; rest: Buffer } {
  const chunks: Buffer[] = [];
  for (let at = 0; ;) {
    const line = bytes.indexOf('\r\n', at);
    const length = line < 0 ? 0 : parseInt(bytes.toString('latin1', at, line), 16);
    const end = line + 2 + length;
    if (line < 0 || bytes.length < end + 2) return { chunks, isTerminated: false, rest: bytes.subarray(at) };
    if (length === 0) return { chunks, isTerminated: true, rest: bytes.subarray(end + 2) };
    chunks.push(bytes.subarray(line + 2, end));
    at = end + 2;
  }
}
