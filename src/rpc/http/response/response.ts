import { IntrinsicException } from '@nestjs/common';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Kettlingar's reason phrases; that of any other status is `Unknown`. */
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

/** Whether a status has a reason phrase of its own. */
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
 * The answer to one request: a body of known length, or chunks, each with one result. Header names have the case that
 * clients compare.
 */
export class RpcResponse {
  /** Resolves when nothing more will be sent. */
  readonly ended: Promise<void>;
  /** Whether the connection closed before the answer was sent. */
  isGone = false;
  private readonly controller = new AbortController();
  private givenStatus: number | undefined;

  constructor(
    readonly request: IncomingMessage,
    readonly response: ServerResponse,
    /** Milliseconds to read on and discard the rest of a request that was answered before it was complete. */
    private readonly lingerMs: number,
  ) {
    this.ended = new Promise((resolve) => {
      response.on('finish', resolve).on('close', resolve);
    });
    response.on('close', () => {
      if (!response.writableFinished) this.leave();
    });
    response.on('error', () => undefined); // 'close' follows
    if (response.destroyed) this.leave();
  }

  /** Aborted when the connection closes before the answer was sent, or by {@link abort}. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Ends the call, with the reason as the error of its answer. */
  abort(reason: unknown): void {
    this.controller.abort(reason);
  }

  get isBegun(): boolean {
    return this.response.headersSent;
  }

  /** The status for statistics: 500 if a stream failed after its head, 499 if the caller left before the answer. */
  get status(): number {
    return this.givenStatus ?? (this.isBegun ? this.response.statusCode : NOBODY_LEFT);
  }

  /** Sends a whole answer with its length. Resolves when it has been sent. @throws {RangeError} for a bad status. */
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

  /** Sends that there is nothing (more) to tell. Resolves when it has been sent. */
  async empty(): Promise<void> {
    this.head(204, {});
    this.response.end();
    await this.ended;
  }

  /** Sends the head of a chunked answer; for HTTP/1.0 without that coding. @throws {RangeError} for a bad status. */
  begin(status: number, mediaType: string): void {
    const isChunked = this.request.httpVersion !== '1.0';
    this.head(status, {
      'Content-Type': mediaType,
      ...(isChunked && { 'Transfer-Encoding': 'chunked' }),
    });
  }

  /** Sends a chunk; resolves when there is room for the next. An empty one, which would mean the end, is left out. */
  async chunk(bytes: Buffer): Promise<void> {
    this.signal.throwIfAborted();
    if (bytes.length === 0) this.response.flushHeaders();
    else if (!this.response.write(bytes)) await this.drained();
  }

  /** Completes the answer with the empty last chunk. */
  async end(): Promise<void> {
    this.response.end();
    await this.ended;
  }

  /** Completes the answer with a last chunk, which says that it has failed. */
  complete(last: Buffer): void {
    this.givenStatus = 500;
    this.response.end(last);
  }

  /** Closes the connection after an optional last chunk, without the empty one: the answer stays incomplete. */
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

  /** Reads on: closing while the caller still sends would reset the connection, and the answer would be lost. */
  private async linger(): Promise<void> {
    const timeUp = AbortSignal.timeout(this.lingerMs);
    const signal = AbortSignal.any([this.signal, timeUp]);
    await once(this.request.resume(), 'end', { signal }).catch(() => undefined);
  }
}
