import { Logger } from '@nestjs/common';
import type { Connection } from '../../connection/connection.js';
import { DigestedLog } from '../../metrics/digested-log.js';
import type { JsonMembers, JsonText } from '../../protocol/json/json.js';
import type { ProcedureArguments } from '../arguments.js';
import type { ProcedureCall } from '../procedure-call.js';
import { PROCEDURE_ERRORS } from '../procedure-errors.js';
import { eachResult } from '../results/each-result.js';
import { callRefusal } from '../calls/call-refusal.js';
import type { CallReply, KeptReply } from './call-reply.js';
import { CallSlots } from '../calls/call-slots.js';
import type { Calls } from '../calls/calls.js';
import { isLonger, resultText } from '../calls/result-text.js';
import type { CallCursor } from '../kept/following/call-cursor.js';
import { failureIn } from '../kept/call-failure.js';
import type { KeptCalls } from '../kept/kept-calls.js';
import { KEPT_ERRORS } from '../kept/record/kept-errors.js';

/** A call that came in a frame of a connection. */
export interface ClientCall {
  /** Empty for one that is watched. */
  readonly name: string;
  /** Absent when the frame has something else in the place of arguments. */
  readonly given: ProcedureArguments | undefined;
  /** A call with the same key is this one, where it is kept. */
  readonly idempotencyKey?: string | undefined;
  /** The trace that it is a part of, as the client says (W3C Trace Context). */
  readonly traceparent?: string | undefined;
  /** The kept call that the client watches, in place of calling a procedure. */
  readonly watched?: WatchedCall | undefined;
  /** The identity of the client when the call came; later changes do not concern the call. */
  readonly identity: JsonMembers | undefined;
  /** The key by which the client can cancel the call; without one it cannot. */
  readonly key?: string | undefined;
  /** Length of the frame, bytes. */
  readonly frameBytes: number;
  readonly reply: CallReply;
}

/** A kept call that a client comes for, as the client has given it. */
export interface WatchedCall {
  readonly call: unknown;
  /** The last that it has got; absent: from the beginning. */
  readonly position: unknown;
}

/** Limits of the calls of one connection. */
export interface CallSetLimits {
  /** Concurrent calls; 0: no limit. */
  readonly calls: number;
  /** The frames of concurrent calls together, bytes. */
  readonly frameBytes: number;
  /** The largest result, encoded, bytes. */
  readonly resultBytes: number;
}

const defects = new DigestedLog(new Logger('Procedures'));

/** Results that may wait for a client to read, counted in results of the largest size; a call with more fails. */
const MAX_LARGEST_WAITING = 4;
type Stream = AsyncIterator<unknown, unknown, void>;

/**
 * The calls of one connection that have not ended. They run concurrently and end with the connection. While its client
 * does not read, streams are not asked for more.
 */
export class CallSet {
  /** The bytes claimed for each. */
  private readonly open = new Map<AbortController, number>();
  private readonly byKey = new Map<string, AbortController>();
  /** Those that go on when their client wants no more of them. */
  private readonly watching = new Set<AbortSignal>();
  private readonly slots: CallSlots;
  private frameBytes = 0;
  private waitingCharacters = 0;

  constructor(
    private readonly calls: Calls,
    private readonly kept: KeptCalls,
    private readonly connection: Connection,
    private readonly limits: CallSetLimits,
  ) {
    this.slots = new CallSlots(limits.calls);
    connection.ended.addEventListener('abort', () => this.abortAll(), { once: true });
  }

  /** Runs a call. Resolves when its last frame has been sent, with whether it succeeded. */
  async run(call: ClientCall): Promise<boolean> {
    if (!this.connection.isOpen) return false;
    let controller: AbortController;
    try {
      controller = this.begin(call);
    } catch (error) {
      call.reply.failed(callRefusal(call.name, error));
      return false;
    }
    try {
      await this.answer(call, controller.signal);
      return true;
    } catch (error) {
      if (this.connection.isOpen) call.reply.failed(callRefusal(call.name, error));
      return false;
    } finally {
      this.end(call, controller);
    }
  }

  /** Ends a call with the error `call_cancelled`, or ceases to watch a kept one. @returns whether there was one. */
  cancel(key: string): boolean {
    const controller = this.byKey.get(key);
    const isWatched = controller && this.watching.has(controller.signal);
    controller?.abort(isWatched ? KEPT_ERRORS.watchCancelled() : PROCEDURE_ERRORS.cancelled());
    return controller !== undefined;
  }

  private begin({ key, frameBytes }: ClientCall): AbortController {
    if (key !== undefined && this.byKey.has(key)) throw PROCEDURE_ERRORS.duplicateCall();
    if (this.frameBytes > 0 && this.frameBytes + frameBytes > this.limits.frameBytes)
      throw PROCEDURE_ERRORS.tooManyCalls();
    // One call may have the largest frame, whatever else is kept.
    const claimed = this.open.size === 0 ? 0 : frameBytes;
    this.slots.take();
    if (!this.connection.kept.claim(claimed)) {
      this.slots.release();
      throw PROCEDURE_ERRORS.tooManyCalls();
    }
    this.frameBytes += frameBytes;
    const controller = new AbortController();
    this.open.set(controller, claimed);
    if (key !== undefined) this.byKey.set(key, controller);
    return controller;
  }

  private end({ key, frameBytes }: ClientCall, controller: AbortController): void {
    this.slots.release();
    this.frameBytes -= frameBytes;
    this.connection.kept.release(this.open.get(controller) ?? 0);
    this.open.delete(controller);
    this.watching.delete(controller.signal);
    if (key !== undefined) this.byKey.delete(key);
  }

  private abortAll(): void {
    for (const controller of this.open.keys()) controller.abort();
  }

  private async answer(call: ClientCall, signal: AbortSignal): Promise<void> {
    const { name, given, identity, reply, watched, idempotencyKey } = call;
    const { connection } = this;
    const origin: ProcedureCall['origin'] = {
      identity,
      isService: false,
      client: connection,
      connection,
      traceparent: call.traceparent,
    };
    if (watched) return this.watch(this.kept.watch(watched.call, watched.position, origin), reply, signal);
    const procedure = this.calls.find(name, origin);
    if (!procedure || procedure.signature.isRaw) throw this.calls.unknown(name);
    if (!given) throw PROCEDURE_ERRORS.argumentsMismatch(name, 'arguments are a list or named');
    const { resumption } = procedure;
    if (resumption && reply.kept) {
      const { id } = this.connection; // the call outlives it, and must not keep it
      const start = { name, given, origin: { ...origin, client: { id } }, idempotencyKey };
      return this.watch(this.kept.start(start, resumption), reply, signal);
    }
    if (idempotencyKey !== undefined) throw KEPT_ERRORS.notResumable();
    const answer = await this.calls.call({ name, given, origin, signal });
    if ('stream' in answer) await this.relay(name, answer.stream, reply, signal);
    else if (answer.value === undefined || answer.value === null) reply.returned(undefined);
    else await this.send(this.textOf(name, answer.value), signal, (text) => reply.returned(text));
  }

  /** Sends what comes of a kept call until its end, or until the client wants no more of it: it goes on. */
  private async watch(coming: Promise<CallCursor>, reply: CallReply, signal: AbortSignal): Promise<void> {
    this.watching.add(signal);
    const cursor = await coming;
    const leave = (): void => cursor.return();
    signal.addEventListener('abort', leave, { once: true });
    try {
      signal.throwIfAborted();
      await this.relayKept(cursor, reply.kept!, signal);
      signal.throwIfAborted();
    } finally {
      signal.removeEventListener('abort', leave);
      cursor.return();
    }
  }

  private async relayKept(cursor: CallCursor, reply: KeptReply, signal: AbortSignal): Promise<void> {
    if (cursor.isOver) return reply.ended(undefined, cursor.position);
    reply.began(cursor.id, cursor.position);
    for (let part = await cursor.next(); part; part = await cursor.next()) {
      const { first, results, end } = part;
      for (const [index, text] of results.entries()) {
        if (isLonger(text, this.limits.resultBytes)) throw PROCEDURE_ERRORS.resultTooLarge();
        const isLast = end?.hasLast === true && index === results.length - 1;
        const send = (): void =>
          isLast ? reply.ended(text, first + index + 1) : reply.yielded(text, first + index);
        // Without limit, as little of what is kept is in memory; and here, so that nothing comes between this and the sending.
        for (let { backlog } = this.connection; backlog; { backlog } = this.connection) await backlog;
        signal.throwIfAborted();
        send();
      }
      if (end?.failure !== undefined) throw failureIn(end.failure);
      const isTold = end?.hasLast === true && results.length > 0;
      if (end && !isTold) reply.ended(undefined, cursor.position);
    }
  }

  private relay(name: string, stream: Stream, reply: CallReply, signal: AbortSignal): Promise<void> {
    return eachResult(stream, async (value, isLast) => {
      if (isLast && value === undefined) reply.finished(undefined);
      else
        await this.send(this.textOf(name, value), signal, (text) =>
          isLast ? reply.finished(text) : reply.yielded(text),
        );
      if (!isLast) signal.throwIfAborted();
    });
  }

  private textOf(name: string, value: unknown): JsonText {
    try {
      return resultText(value, this.limits.resultBytes);
    } catch (cause) {
      const error = callRefusal(name, cause);
      if (error.cause !== undefined)
        defects.error(name, `a result of ${name} cannot be JSON: ${String(cause)}`, this.connection);
      throw error;
    }
  }

  /** Sends a result once the client has read the earlier ones. @throws {ClientError} `too_many_results`. */
  private async send(text: JsonText, signal: AbortSignal, send: (text: JsonText) => void): Promise<void> {
    let { backlog } = this.connection;
    if (backlog) {
      if (this.waitingCharacters + text.length > MAX_LARGEST_WAITING * this.limits.resultBytes)
        throw PROCEDURE_ERRORS.tooManyResults();
      this.waitingCharacters += text.length;
      for (; backlog; backlog = this.connection.backlog) await backlog;
      this.waitingCharacters -= text.length;
    }
    signal.throwIfAborted();
    send(text); // synchronously: the other calls that waited look at the backlog again
  }
}
