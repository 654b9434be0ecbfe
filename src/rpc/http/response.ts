import { IntrinsicException } from '@nestjs/common';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** What stands behind a status; all others are `Unknown`. */
const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  302: 'Found',
  400: 'Invalid Request',
  401: 'Unauthorized',
  403: 'Access Denied',
  404: 'Not Found',
  423: 'Locked',
  500: 'Internal Error',
};

const NOBODY_LEFT = 499;

/** Whether clients know a status by name. */
export function isKnownStatus(status: unknown): status is number {
  return typeof status === 'number' && status in REASONS;
}

/** The reason of a call's signal when its caller is gone. */
class CallerGone extends IntrinsicException {
  override readonly name = 'AbortError';

  constructor() {
    super('The caller is gone.');
  }
}

/**
 * The answer to one request: a body of known length, or chunks of which each is one result. Header names are spelt as
 * clients compare them.
 */
export class RpcResponse {
  /** Settles when nothing more will be sent. */
  readonly ended: Promise<void>;
  /** Whether the caller has gone before it was answered. */
  isGone = false;
  private readonly controller = new AbortController();
  private givenStatus: number | undefined;

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    /** How long to read on for what the request still sends, when it has been answered before it was whole. */
    private readonly lingerMs: number,
  ) {
    this.ended = new Promise((resolve) => {
      response.on('finish', resolve).on('close', resolve);
    });
    response.on('close', () => {
      if (!response.writableFinished) this.leave();
    });
    response.on('error', () => undefined); // whoever is gone is noticed when the response closes
    if (response.destroyed) this.leave();
  }

  /** Aborted when the caller is gone before it has been answered, or with {@link abort}. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Ends the call: what it is answered is the reason. */
  abort(reason: unknown): void {
    this.controller.abort(reason);
  }

  get isBegun(): boolean {
    return this.response.headersSent;
  }

  /** What became of the request: 500 when a stream has failed, whatever it began with; 499 when nobody was left. */
  get status(): number {
    return this.givenStatus ?? (this.isBegun ? this.response.statusCode : NOBODY_LEFT);
  }

  /** Answers with all that there is, in one piece. */
  async whole(
    status: number,
    mediaType: string,
    body: Buffer,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    this.head(status, { 'Content-Type': mediaType, 'Content-Length': `${body.length}`, ...headers });
    if (!this.request.complete && !this.request.readableEnded) {
      this.response.write(body);
      await this.linger();
      this.response.end();
    } else this.response.end(body);
    await this.ended;
  }

  /** Begins an answer of chunks. */
  begin(status: number, mediaType: string): void {
    const isChunked = this.request.httpVersion !== '1.0';
    this.head(status, {
      'Content-Type': mediaType,
      ...(isChunked && { 'Transfer-Encoding': 'chunked' }),
    });
  }

  /** Sends a chunk; resolves when there is room for the next. An empty one would be the end, so it is left out. */
  async chunk(bytes: Buffer): Promise<void> {
    this.signal.throwIfAborted();
    if (bytes.length === 0) this.response.flushHeaders();
    else if (!this.response.write(bytes)) await this.drained();
  }

  /** Sends the empty chunk, which says that this was all. */
  async end(): Promise<void> {
    this.response.end();
    await this.ended;
  }

  /** Closes the connection behind what has been sent and a last chunk, without the empty one. */
  cut(last?: Buffer): void {
    this.givenStatus = 500;
    const { response } = this;
    if (last) response.write(last);
    const { socket } = response;
    socket?.end(() => socket.destroy());
  }

  private leave(): void {
    this.isGone = true;
    this.controller.abort(new CallerGone());
  }

  private head(status: number, headers: Readonly<Record<string, string>>): void {
    if (status < 200 || status > 599) throw new RangeError(`${status} cannot be the status of an answer`);
    this.givenStatus = status;
    this.response.writeHead(status, REASONS[status] ?? 'Unknown', {
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...headers,
    });
  }

  private async drained(): Promise<void> {
    const { response, signal } = this;
    await once(response, 'drain', { signal }).catch(() => signal.throwIfAborted());
  }

  /** A connection that is closed while the caller still sends would take the answer with it. */
  private async linger(): Promise<void> {
    const timeUp = AbortSignal.timeout(this.lingerMs);
    const signal = AbortSignal.any([this.signal, timeUp]);
    await once(this.request.resume(), 'end', { signal }).catch(() => undefined);
  }
}
