import { Logger } from '@nestjs/common';
import type { Connection } from '../../connection/connection.js';
import { KeptBytes } from '../../connection/kept-bytes.js';
import { LogLine } from '../../metrics/log-line.js';
import type { JsonMembers, JsonText } from '../../protocol/json/json.js';
import type { ProcedureArguments } from '../arguments.js';
import { callRefusal } from './call-refusal.js';
import type { CallReply } from './call-reply.js';
import { CallSlots } from './call-slots.js';
import type { Calls } from './calls.js';
import type { ProcedureCall } from '../procedure-call.js';
import { eachResult } from '../results/each-result.js';
import { PROCEDURE_ERRORS } from '../procedure-errors.js';
import { resultText } from './result-text.js';

/** What the client of a connection calls. */
export interface ClientCall {
  readonly name: string;
  /** Nothing when what was given cannot be arguments. */
  readonly given: ProcedureArguments | undefined;
  /** Who it is now: for a call it stays that. */
  readonly identity: JsonMembers | undefined;
  /** What the client may cancel the call by; without one it cannot. */
  readonly key?: string | undefined;
  /** The length of the frame that it came in, bytes. */
  readonly frameBytes: number;
  readonly reply: CallReply;
}

/** What one connection may use for its calls. */
export interface CallSetLimits {
  /** Calls at a time; 0: no limit. */
  readonly calls: number;
  /** The frames of these calls together, bytes. */
  readonly frameBytes: number;
  /** What the connection may have the gateway keep, the frames of calls included, bytes. */
  readonly keptBytes: number;
  /** The largest result, encoded, bytes. */
  readonly resultBytes: number;
}

/** So many results of the largest size may wait for a client to read; more are not kept. */
const MAX_LARGEST_WAITING = 4;
type Stream = AsyncIterator<unknown, unknown, void>;

/**
 * The calls of one connection that have not ended. They run side by side. When the connection ends, so do they. While
 * its client does not read, streams are not asked for more.
 */
export class CallSet {
  private readonly logger = new Logger('Calls');
  /** Each with what it was counted as. */
  private readonly open = new Map<AbortController, number>();
  private readonly byKey = new Map<string, AbortController>();
  private readonly slots: CallSlots;
  private readonly kept: KeptBytes;
  private frameBytes = 0;
  private waitingCharacters = 0;

  constructor(
    private readonly calls: Calls,
    private readonly connection: Connection,
    private readonly limits: CallSetLimits,
  ) {
    this.slots = new CallSlots(limits.calls);
    this.kept = KeptBytes.of(connection, limits.keptBytes);
    connection.ended.addEventListener('abort', () => this.abortAll(), { once: true });
  }

  /** Runs a call. Resolves when the last of it has been told, with whether it succeeded. */
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

  /** Ends a call: what is told of it last is that it was cancelled. @returns whether there was one. */
  cancel(key: string): boolean {
    const controller = this.byKey.get(key);
    controller?.abort(PROCEDURE_ERRORS.cancelled());
    return controller !== undefined;
  }

  private begin({ key, frameBytes }: ClientCall): AbortController {
    if (key !== undefined && this.byKey.has(key)) throw PROCEDURE_ERRORS.duplicateCall();
    if (this.frameBytes > 0 && this.frameBytes + frameBytes > this.limits.frameBytes)
      throw PROCEDURE_ERRORS.tooManyCalls();
    // One call may have the largest frame, whatever else is kept.
    const claimed = this.open.size === 0 ? 0 : frameBytes;
    this.slots.take();
    if (!this.kept.claim(claimed)) {
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
    this.kept.release(this.open.get(controller) ?? 0);
    this.open.delete(controller);
    if (key !== undefined) this.byKey.delete(key);
  }

  private abortAll(): void {
    for (const controller of this.open.keys()) controller.abort();
  }

  private async answer({ name, given, identity, reply }: ClientCall, signal: AbortSignal): Promise<void> {
    const origin: ProcedureCall['origin'] = { identity, isService: false };
    const procedure = this.calls.find(name, origin);
    if (!procedure || procedure.signature.isRaw) throw this.calls.unknown(name);
    if (!given) throw PROCEDURE_ERRORS.argumentsMismatch(name, 'arguments are a list or named');
    const answer = await this.calls.call({ name, given, origin, signal });
    if ('stream' in answer) await this.relay(name, answer.stream, reply, signal);
    else if (answer.value === undefined || answer.value === null) reply.returned(undefined);
    else await this.send(this.textOf(name, answer.value), signal, (text) => reply.returned(text));
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
        this.logger.error(
          new LogLine(this.connection, () => `a result of ${name} cannot be JSON: ${String(cause)}`),
        );
      throw error;
    }
  }

  /** Sends a result when the client has read what was sent before. @throws {ClientError} when too much waits. */
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
    send(text); // in the same go: others have waited as well, and look again
  }
}
