import type { Socket } from 'node:net';
import type { HttpAnswer } from '../../endpoints/answer.js';
import type { Tracing } from '../../tracing/tracing.js';
import type { ApiKey } from '../api-key.js';
import type { ApiKeys } from '../api-keys.js';
import { Pieces } from './pieces.js';
import { MAX_HEAD_BYTES, type RequestHead } from './request-head.js';
import type { Responses } from './responses.js';

/** Requests of one socket that wait for the broker; beyond this, it is not read. */
const MAX_UNANSWERED = 256;

/** Node's answer to a request that is not complete in time. */
const TIMED_OUT = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';
const NOWHERE = -1;
const OK = 200;

/** Handles the body of a request. @param idempotencyKey the value of its `Idempotency-Key`, if it has one. */
export type BodyTaker = (
  body: Buffer,
  key: ApiKey,
  idempotencyKey?: string,
) => HttpAnswer | Promise<HttpAnswer>;

/** The settings and services that all {@link IntakeSocket}s share. */
export interface IntakeHost {
  readonly head: RequestHead;
  /** The handlers of bodies, by {@link RequestHead.line}. */
  readonly takers: readonly BodyTaker[];
  readonly keys: ApiKeys;
  readonly tracing: Tracing;
  readonly responses: Responses;
  readonly maxBodyBytes: number;
  readonly requestTimeoutMs: number;
  readonly keepAliveMs: number;
  /** Whether each socket is closed after its next answer. */
  readonly isClosing: boolean;
  /** Gives a socket to Node's HTTP server, with bytes that it has sent. */
  handOver(socket: Socket, bytes: Buffer): void;
  forget(socket: IntakeSocket): void;
  /** Counts and logs an answer if it refuses a request from an address. */
  refused(peer: string | undefined, answer: HttpAnswer): void;
}

/** The place of an answer among those of a socket: they leave in the order of the requests. */
interface Place {
  answer: HttpAnswer | undefined;
}

/**
 * A kept-alive HTTP connection on which a service pushes: its requests are taken and answered without a request object,
 * a stream and a route each. The first that is anything else, or may not be taken, is handed over to Node's server, and
 * with it all that comes after.
 */
export class IntakeSocket {
  private readonly pieces = new Pieces();
  private readonly places: Place[] = [];
  /** Bytes for Node's server; they are handed over once everything before them has been answered. */
  private foreign: Buffer | undefined;
  private out = '';
  private activeAtMs = performance.now();
  private requestSinceMs = this.activeAtMs;
  /** Whether the answer that was written last is the last one. */
  private isLast = false;
  /** Whether the client sends nothing any more; it may still read. */
  private hasEnded = false;
  /** The value of `Authorization` that was let in last, and whose it is. */
  private admitted: Buffer | undefined;
  private key: ApiKey | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly host: IntakeHost,
  ) {
    socket.on('data', this.receive).on('drain', this.goOn).on('end', this.end);
    socket.on('error', ignore).on('close', this.closed);
  }

  /** Takes what the client has sent. */
  readonly receive = (chunk: Buffer): void => {
    this.activeAtMs = performance.now();
    if (this.pieces.areEmpty) this.requestSinceMs = this.activeAtMs;
    const bytes = this.pieces.take(chunk);
    if (bytes) this.takeRequests(bytes);
    this.goOn();
  };

  closeIfIdle(): void {
    if (this.places.length === 0 && this.pieces.areEmpty) this.socket.destroySoon();
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.socket.destroy();
  }

  /** Closes a socket that has been idle for too long, or whose request does not become complete. */
  sweep(nowMs: number): void {
    if (this.places.length > 0) return;
    const { keepAliveMs, requestTimeoutMs } = this.host;
    if (this.pieces.areEmpty) {
      if (nowMs - this.activeAtMs >= keepAliveMs) this.socket.destroySoon();
    } else if (nowMs - this.requestSinceMs >= requestTimeoutMs) {
      this.socket.write(TIMED_OUT);
      this.socket.destroySoon();
    }
  }

  private takeRequests(bytes: Buffer): void {
    for (let at = 0; at !== NOWHERE && at < bytes.length && !this.isLast;) at = this.takeRequest(bytes, at);
  }

  /** @returns where the next request begins, if it has come and is for this socket. */
  private takeRequest(bytes: Buffer, at: number): number {
    const { head, maxBodyBytes, takers, tracing } = this.host;
    const state = head.read(bytes, at);
    if (state === 'incomplete' && bytes.length - at <= MAX_HEAD_BYTES) {
      this.pieces.keep(bytes.subarray(at), 0);
    } else if (state !== 'complete' || head.bodyLength > maxBodyBytes || !this.keyOf(bytes)) {
      this.foreign = bytes.subarray(at);
    } else {
      const end = head.end + head.bodyLength;
      if (end <= bytes.length) {
        const body = bytes.subarray(head.end, end);
        const take = takers[head.line]!;
        const idempotencyKey = head.idempotencyKey(bytes);
        this.answer(
          tracing.isOn
            ? tracing.within({ traceparent: head.traceparent(bytes) }, () =>
                take(body, this.key!, idempotencyKey),
              )
            : take(body, this.key!, idempotencyKey),
        );
        this.requestSinceMs = this.activeAtMs;
        return end;
      }
      this.pieces.keep(bytes.subarray(at), end - at);
    }
    return NOWHERE;
  }

  /** The key of the request, if it has a valid one: most are the same as that of the request before. */
  private keyOf(bytes: Buffer): ApiKey | undefined {
    const { authorizationStart: start, authorizationEnd: end } = this.host.head;
    if (this.admitted && isSame(this.admitted, bytes, start, end)) return this.key;
    const key = this.host.keys.find(bytes.toString('latin1', start, end));
    if (!key) return undefined;
    this.admitted = Buffer.from(bytes.subarray(start, end));
    return (this.key = key);
  }

  private answer(answer: HttpAnswer | Promise<HttpAnswer>): void {
    if (answer instanceof Promise) {
      const place: Place = { answer: undefined };
      this.places.push(place);
      void answer.then((settled) => this.settle(place, settled));
    } else if (this.places.length > 0) this.places.push({ answer });
    else this.write(answer);
  }

  private settle(place: Place, answer: HttpAnswer): void {
    place.answer = answer;
    this.activeAtMs = performance.now();
    while (this.places[0]?.answer) this.write(this.places.shift()!.answer!);
    this.goOn();
  }

  private write(answer: HttpAnswer): void {
    const { responses, isClosing } = this.host;
    if (answer.status !== OK) this.host.refused(this.socket.remoteAddress, answer);
    this.isLast = (isClosing || this.hasEnded) && this.places.length === 0;
    this.out += responses.textOf(answer, Date.now(), this.isLast);
  }

  /** Sends the answers that are ready, and does what is next. */
  private readonly goOn = (): void => {
    const { socket } = this;
    if (this.out !== '') socket.write(this.out);
    this.out = '';
    const isAnswered = this.places.length === 0;
    if ((this.isLast || (this.hasEnded && !this.foreign)) && isAnswered) socket.destroySoon();
    else if (this.foreign && isAnswered) this.leave(this.foreign);
    else if (this.foreign || this.places.length > MAX_UNANSWERED || socket.writableNeedDrain) socket.pause();
    else if (socket.isPaused()) socket.resume();
  };

  private leave(foreign: Buffer): void {
    const { socket } = this;
    socket.off('data', this.receive).off('drain', this.goOn).off('end', this.end);
    socket.off('error', ignore).off('close', this.closed);
    this.host.forget(this);
    this.host.handOver(socket, foreign);
  }

  private readonly end = (): void => {
    this.hasEnded = true;
    this.goOn();
  };

  private readonly closed = (): void => this.host.forget(this);
}

/** Compares what is secret in a time that does not depend on where it differs. */
function isSame(known: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  let difference = 0;
  for (let at = 0; at < known.length; at++) difference |= known[at]! ^ bytes[start + at]!;
  return difference === 0;
}

/** `close` follows. */
function ignore(): void {
  // nothing to do
}
