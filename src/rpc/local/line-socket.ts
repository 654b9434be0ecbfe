import type { ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import type { DescriptorChannel } from '../descriptors/channel.js';
import { LineAnswer } from '../line-answer.js';
import { LineHeadReader } from './line-head.js';

const NOTHING = Buffer.alloc(0);
/** How long what a client still sends is read and dropped: a connection that is cut takes the answer with it. */
const LINGER_MS = 1_000;
/** How often a client that has ended its side is looked after, and how long it counts as waiting for its answer. */
const PROBE_MS = 100;
const GRACE_MS = 500;

/** How a client came. */
export type LineTransport = 'tcp' | 'unix';

/** What a client is connected by: a socket of Node, or one that passes descriptors. */
export interface LineConnection extends Duplex {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly bytesWritten: number;
  readonly descriptors?: DescriptorChannel | undefined;
}

/** What one connection may cost. */
export interface LineLimits {
  /** How long the head of the request may take to arrive. */
  readonly headerTimeoutMs: number;
  /** The largest request, its head included. */
  readonly maxRequestBytes: number;
}

/** What a client is told of a request that cannot be one. */
type Refusal = readonly [status: '400 Invalid Request' | '500 Internal Error', error: string];

const MALFORMED: Refusal = ['400 Invalid Request', 'Invalid Request'];
const TOO_LARGE: Refusal = ['500 Internal Error', 'Request too large'];

/**
 * A connection for one request, as Node's HTTP server takes it: the head of the request comes with CRLF, and that of
 * the answer goes as the client ended its own lines.
 */
export class LineSocket extends Duplex {
  /** The answer to the request, once its head is known. */
  response: ServerResponse | undefined;
  /** The method of the request, where the parser was given another. */
  method: string | undefined;
  private head: LineHeadReader | undefined = new LineHeadReader();
  private answer: LineAnswer | undefined;
  private receivedBytes = 0;
  private readonly headTimer: NodeJS.Timeout;
  private probing: NodeJS.Timeout | undefined;

  constructor(
    readonly transport: LineTransport,
    private readonly socket: LineConnection,
    private readonly limits: LineLimits,
  ) {
    super({ allowHalfOpen: true });
    this.headTimer = setTimeout(() => socket.destroy(), limits.headerTimeoutMs);
    socket.on('data', (bytes: Buffer) => this.received(bytes));
    socket.on('end', () => this.peerEnded());
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', () => this.destroy());
  }

  /** Where the client is; nothing over a Unix socket. */
  get remoteAddress(): string | undefined {
    return this.socket.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.socket.remotePort;
  }

  get descriptors(): DescriptorChannel | undefined {
    return this.socket.descriptors;
  }

  get bytesWritten(): number {
    return this.socket.bytesWritten;
  }

  /** Whether what else comes cannot matter. */
  get isRequestComplete(): boolean {
    return this.response?.req.complete === true;
  }

  /** Answers what cannot be read, unless an answer has begun: then the connection just ends. */
  refuse([status, error]: Refusal = MALFORMED): void {
    if (this.destroyed) return;
    if (!this.response?.headersSent) {
      const body = `${JSON.stringify({ error })}\n`;
      const fields = `Content-Type: application/json\nContent-Length: ${body.length}\nConnection: close\n`;
      const head = `HTTP/1.1 ${status}\n${fields}\n`;
      const usesLineFeeds = this.answer !== undefined || this.head?.usesLineFeeds === true;
      this.socket.write((usesLineFeeds ? head : head.replaceAll('\n', '\r\n')) + body);
    }
    this.destroy();
  }

  override _read(): void {
    this.socket.resume();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.send(bytes, callback);
  }

  /** The head of a small answer and its body go out in one piece: some clients read no further than that. */
  override _writev(pieces: { readonly chunk: Buffer }[], callback: () => void): void {
    this.send(Buffer.concat(pieces.map(({ chunk }) => chunk)), callback);
  }

  override _final(callback: () => void): void {
    if (this.answer) this.socket.write(this.answer.flush());
    callback();
    this.destroy();
  }

  override _destroy(_error: Error | null, callback: (error: null) => void): void {
    clearTimeout(this.headTimer);
    clearInterval(this.probing);
    this.leave();
    callback(null);
  }

  private received(bytes: Buffer): void {
    if (this.destroyed || this.isRequestComplete) return;
    this.receivedBytes += bytes.length;
    if (this.receivedBytes > this.limits.maxRequestBytes) this.refuseSize(bytes);
    else if (this.head) this.readHead(this.head, bytes);
    else this.hand(bytes);
  }

  private readHead(reader: LineHeadReader, bytes: Buffer): void {
    const head = reader.add(bytes);
    if (reader.hasTooManyLines) this.refuse(TOO_LARGE);
    if (!head) return;
    clearTimeout(this.headTimer);
    this.head = undefined;
    this.method = head.method;
    if (head.usesLineFeeds) this.answer = new LineAnswer();
    if (head.isHttp) this.hand(head.bytes);
    else this.refuse();
  }

  private refuseSize(bytes: Buffer): void {
    this.head?.add(bytes); // it knows then how lines end
    this.refuse(TOO_LARGE);
  }

  private hand(bytes: Buffer): void {
    if (!this.push(bytes)) this.socket.pause();
  }

  private send(bytes: Buffer, callback: () => void): void {
    const translated = this.answer ? this.answer.translate(bytes) : bytes;
    this.socket.write(translated, (error) => {
      if (error) this.destroy();
      callback();
    });
  }

  private peerEnded(): void {
    if (this.destroyed) return;
    if (this.receivedBytes === 0) this.destroy();
    else if (this.head) this.refuse();
    else this.halfClosed();
  }

  /**
   * A client that has ended its side may wait for its answer, or be gone. A write of nothing tells, except over TCP as
   * long as nothing else was written.
   */
  private halfClosed(): void {
    this.push(null);
    const { bytesWritten } = this.socket;
    const deadline = performance.now() + GRACE_MS;
    this.probing = setInterval(() => {
      const isUntold = this.transport === 'tcp' && this.socket.bytesWritten === bytesWritten;
      if (isUntold && performance.now() >= deadline) this.socket.destroy();
      else this.socket.write(NOTHING);
    }, PROBE_MS);
  }

  /** What was written arrives before the end does. */
  private leave(): void {
    if (this.socket.destroyed) return;
    this.socket.end();
    this.socket.resume();
    const lingering = setTimeout(() => this.socket.destroy(), LINGER_MS);
    this.socket.once('close', () => clearTimeout(lingering));
  }
}
