import type { ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import type { DescriptorChannel } from '../descriptors/channel.js';
import { LineAnswer } from '../line-answer.js';
import { LineHeadReader } from './line-head.js';

const NOTHING = Buffer.alloc(0);
/** Time to read and discard what a client still sends: closing earlier would reset the connection, answer included. */
const LINGER_MS = 1_000;
/** Interval of the probes of a client that has ended its side, and the time that it is given without a sign of life. */
const PROBE_MS = 100;
const GRACE_MS = 500;

export type LineTransport = 'tcp' | 'unix';

/** The connection of a client: a socket of Node, or one that passes descriptors. */
export interface LineConnection extends Duplex {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly bytesWritten: number;
  readonly descriptors?: DescriptorChannel | undefined;
}

/** Limits of one connection. */
export interface LineLimits {
  /** Time for the head of the request to arrive. */
  readonly headerTimeoutMs: number;
  /** The largest request, head and body together. */
  readonly maxRequestBytes: number;
}

/** The answer to a request that cannot be read. */
type Refusal = readonly [status: '400 Invalid Request' | '500 Internal Error', error: string];

const MALFORMED: Refusal = ['400 Invalid Request', 'Invalid Request'];
const TOO_LARGE: Refusal = ['500 Internal Error', 'Request too large'];

/**
 * A connection for one request, translated for Node's HTTP server: the lines of the request's head end in CRLF for the
 * server, and those of the answer's head end for the client as its own did.
 */
export class LineSocket extends Duplex {
  /** The answer to the request, once its head is known. */
  response: ServerResponse | undefined;
  /** The original method of the request, where the parser was given `GET`. */
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

  /** The address of the client; `undefined` over a Unix socket. */
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

  /** Whether the request is complete, so that further bytes are ignored. */
  get isRequestComplete(): boolean {
    return this.response?.req.complete === true;
  }

  /** Answers a request that cannot be read, unless an answer has begun, and ends the connection. */
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

  /** Sends the head and the body of a small answer in one piece: some clients read only once. */
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
    this.head?.add(bytes); // finds out how lines end
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
   * A client that has ended its side may wait for its answer, or be gone. An empty write fails if it is gone, except
   * over TCP as long as nothing else has been written: there it is given {@link GRACE_MS}.
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

  /** Ends the connection after everything written, then reads on for {@link LINGER_MS}. */
  private leave(): void {
    if (this.socket.destroyed) return;
    this.socket.end();
    this.socket.resume();
    const lingering = setTimeout(() => this.socket.destroy(), LINGER_MS);
    this.socket.once('close', () => clearTimeout(lingering));
  }
}
