import type { ServerResponse } from 'node:http';
import { namedEvent } from './event-framing.js';
import { closeEvent, type SessionRules, SessionTransport } from './session.transport.js';

/** A comment, which no client is told of. The client shows that it is there by its next request. */
const PING = Buffer.from(': \n\n');
/** Virus scanners and proxies hold the first bytes of an answer back, until they have some. */
const PADDING = Buffer.from(`:${' '.repeat(2_048)}\n\n`);
const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'X-Accel-Buffering': 'no', // nginx, and what has taken that over from it
};

/** Carries a connection over an answer that does not end. */
export class StreamedTransport extends SessionTransport {
  readonly kind = 'stream';
  readonly pingFrame = PING;

  constructor(
    private readonly response: ServerResponse,
    rules: SessionRules,
  ) {
    super(rules);
  }

  /** Begins the answer. */
  begin(session: string): void {
    const { response } = this;
    response.shouldKeepAlive = false; // nothing comes after it
    response.writeHead(200, HEADERS);
    response.on('error', () => response.destroy()).once('close', () => this.gone());
    this.write(Buffer.concat([PADDING, namedEvent('session', session)]));
  }

  /** See {@link Sink.bufferedBytes}. */
  get bufferedBytes(): number {
    return this.response.writableLength;
  }

  /** See {@link Sink.isFull}. */
  get isFull(): boolean {
    return this.response.writableNeedDrain;
  }

  /** See {@link Sink.write}. */
  write(frames: Buffer): boolean {
    if (this.isClosing) return false;
    this.response.write(frames);
    this.response.socket?.uncork(); // Node waits for the end of the turn, and all frames of a turn are here
    return this.response.writableLength > 0;
  }

  /** See {@link Sink.onceDrained}. */
  onceDrained(listener: () => void): void {
    this.response.once('drain', listener);
  }

  /** See {@link Sink.offDrained}. */
  offDrained(listener: () => void): void {
    this.response.off('drain', listener);
  }

  /** See {@link Transport.close}. */
  close(code: number, text?: string): void {
    if (this.isClosing) return;
    this.isClosing = true;
    this.response.end(closeEvent(code, text));
  }

  /** See {@link Transport.terminate}. */
  terminate(): void {
    this.isClosing = true;
    this.response.destroy();
  }

  protected end(): void {
    this.response.end();
  }
}
