import { Logger } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { Expiry } from '../../auth/expiry.js';
import { messageOf } from '../../base/message-of.js';
import { RequestCutOff } from '../../endpoints/read-body.js';
import { DigestedLog } from '../../metrics/digested-log.js';
import type { ProcedureArguments } from '../../procedures/arguments.js';
import { callRefusal } from '../../procedures/calls/call-refusal.js';
import type { Calls } from '../../procedures/calls/calls.js';
import type { CallCursor } from '../../procedures/kept/following/call-cursor.js';
import type { KeptCalls } from '../../procedures/kept/kept-calls.js';
import { KEPT_ERRORS } from '../../procedures/kept/record/kept-errors.js';
import type { KeptStart } from '../../procedures/kept/kept-runs.js';
import type { Resumption } from '../../procedures/resumption.js';
import { isIdempotencyKey } from '../../protocol/idempotency-key.js';
import { isForCaller } from '../../procedures/is-for-caller.js';
import type { CallOrigin, HttpCall } from '../../procedures/procedure-call.js';
import { ProcedureError } from '../../procedures/procedure-errors.js';
import type { CallableProcedure } from '../../procedures/procedure.js';
import { CallbackError, ClientError } from '../../protocol/errors.js';
import type { ProceduresConfig } from '../built-in/procedures-config.js';
import { descriptorsIn, PassedDescriptors, type ReplyTarget } from '../descriptors/passed.js';
import { replyTo } from '../descriptors/reply.js';
import type { RpcCaller, RpcCallers, RpcParty } from './callers.js';
import { failureOf, type RpcFailure } from './failure.js';
import type { RpcFront } from './front.js';
import { argumentsOf, isMessagePack } from './input.js';
import { type KeptAnswer, KeptResults } from './kept-results.js';
import { type KeptTarget, keptTargetOf } from './kept-target.js';
import { type Formats, JSON_ONLY, negotiate } from './negotiate.js';
import { readRequestBody } from './request-body.js';
import { RpcResponse } from './response/response.js';
import { ResultChunks } from './response/result-chunks.js';
import { JSON_FORMAT, type ResultFormat } from './response/result-format.js';
import type { RpcTarget } from './target.js';
import { UnbegunStream } from './response/unbegun-stream.js';
import { wholeResult } from './response/whole-result.js';

const defects = new DigestedLog(new Logger('Procedures'));
const NO_ARGUMENTS: ProcedureArguments = { positional: [], named: new Map() };
const TOKEN_EXPIRED = (): ClientError => new ClientError('authentication_failed', 'The token has expired.');
const NOT_FOUND: RpcFailure = { status: 404, body: { error: 'Not Found' } };

/** The gateway, as one of its exchanges sees it. */
export interface ExchangeHost {
  readonly callers: RpcCallers;
  readonly calls: Calls;
  readonly kept: KeptCalls;
  readonly config: ProceduresConfig;
}

/** One request over HTTP and its answer, from the call of the procedure to the last byte. */
export class RpcExchange {
  /** The called procedure, once it is known. */
  procedure: CallableProcedure | undefined;
  private formats: Formats = JSON_ONLY;
  private chunks: Pick<ResultChunks, 'fail'> | undefined;
  private isAuthenticated = false;
  private expiry: Expiry | undefined;
  private readonly passed: PassedDescriptors;

  constructor(
    private readonly host: ExchangeHost,
    private reply: RpcResponse,
    private readonly front: RpcFront,
  ) {
    this.passed = new PassedDescriptors(front.descriptors);
  }

  /** Resolves when the answer has been sent, or the connection is gone. */
  async run(): Promise<void> {
    // An unread body would hide that the caller has closed the connection.
    if (this.request.method !== 'POST') this.request.resume();
    try {
      await this.answer();
    } catch (error) {
      if (!this.reply.isGone && !(error instanceof RequestCutOff)) await this.fail(error);
    } finally {
      this.expiry?.cancel();
      this.passed.close();
    }
  }

  /** Whether the answer is a stream. */
  get isStream(): boolean {
    return this.chunks !== undefined;
  }

  /** The status for logs and statistics, see {@link RpcResponse.status}. */
  get status(): number {
    return this.reply.status;
  }

  /** Closes the connection without finishing the answer. */
  cut(): void {
    this.reply.cut();
  }

  private async answer(): Promise<void> {
    const { calls, callers } = this.host;
    const target = callers.targetOf(this.request, this.front.prefix);
    if (!target) return this.refuse(NOT_FOUND, calls.unknown('that'));
    const caller = await callers.identify(this.request, target);
    await callers.letIn(this.request, this.front, caller);
    this.watch(caller);
    let origin = this.originOf(target, caller);
    this.isAuthenticated = origin.isService || origin.identity !== undefined;
    this.procedure = calls.find(target.name, origin);
    const kept = keptTargetOf(this.request, target);
    if (kept && !this.procedure && calls.keepAny) return this.answerKept(kept, origin);
    if (!this.procedure)
      return this.refuse(
        this.isAuthenticated ? NOT_FOUND : { status: 403, body: { error: target.path } },
        calls.unknown(target.name),
      );
    const { accept, 'content-type': contentType } = this.request.headers;
    this.formats = negotiate(accept, contentType);
    const all = this.request.method === 'POST' ? await this.arguments(contentType) : NO_ARGUMENTS;
    const { given, replyTo: elsewhere } = this.passed.resolve(all);
    if (elsewhere) {
      await this.turnTo(elsewhere);
      origin = this.originOf(target, caller);
    }
    const { resumption } = this.procedure;
    if (resumption) return this.keep({ name: target.name, given, origin }, resumption);
    const { signal } = this.reply;
    const answer = await calls.call({ name: target.name, given, origin, signal });
    return 'stream' in answer ? this.relay(answer.stream) : this.tell(answer.value);
  }

  /** Begins a call that goes on if its caller leaves; its id is in the head of the answer. */
  private async keep(start: KeptStart, resumption: Resumption): Promise<void> {
    const key = this.request.headers['idempotency-key'];
    if (key !== undefined && !isIdempotencyKey(key)) throw KEPT_ERRORS.invalidKey();
    const cursor = await this.host.kept.start({ ...start, idempotencyKey: key }, resumption);
    const { response } = this.reply;
    response.setHeader('Kittiwake-Call', cursor.id);
    if (response.hasHeader('Access-Control-Allow-Origin'))
      response.setHeader('Access-Control-Expose-Headers', 'Kittiwake-Call');
    const beginsAtOnce = this.procedure!.signature.isStream && this.formats.stream !== JSON_FORMAT;
    return this.relayKept(cursor, { mayBeWhole: true, beginsAtOnce });
  }

  private async answerKept({ id, position, isCancel }: KeptTarget, origin: CallOrigin): Promise<void> {
    const { kept } = this.host;
    this.formats = negotiate(this.request.headers.accept, undefined);
    if (isCancel) {
      await kept.cancel(id, origin);
      return this.reply.empty();
    }
    const cursor = await kept.watch(id, position, origin);
    return this.relayKept(cursor, { mayBeWhole: false, beginsAtOnce: this.formats.stream !== JSON_FORMAT });
  }

  private async relayKept(
    cursor: CallCursor,
    answer: Pick<KeptAnswer, 'mayBeWhole' | 'beginsAtOnce'>,
  ): Promise<void> {
    const { formats } = this;
    const results = new KeptResults(this.reply, {
      formats,
      maxBytes: this.host.config.maxResultBytes,
      ...answer,
    });
    this.chunks = results;
    await results.relay(cursor);
  }

  /** Redirects the answer to a descriptor; the caller gets only a 202 that says so. */
  private async turnTo(target: ReplyTarget): Promise<void> {
    const { reply } = this;
    this.reply = new RpcResponse(this.request, replyTo(target, this.request), this.host.config.bodyTimeoutMs);
    await reply.whole(202, JSON_FORMAT.mediaType, JSON_FORMAT.encode({ replied_to_first_fd: true }));
  }

  /** Ends the call when the token of the caller expires. */
  private watch({ expiresAtMs }: RpcCaller): void {
    if (expiresAtMs === undefined || !this.host.config.endsWithToken) return;
    this.expiry = new Expiry(expiresAtMs, () => this.reply.abort(TOKEN_EXPIRED()));
  }

  private get request(): IncomingMessage {
    return this.reply.request;
  }

  private originOf({ path }: RpcTarget, { identity, isService }: RpcCaller): CallOrigin {
    const { request, reply } = this;
    const { method = '', socket } = request;
    const { client } = this;
    const peer = this.front.transport === 'unix' ? client.peer : `${client.peer}:${socket.remotePort}`;
    const http: HttpCall = { method, path, peer, request, response: reply.response };
    return { identity, isService, http, client };
  }

  private get client(): RpcParty {
    return this.host.callers.partyOf(this.request, this.front);
  }

  private async arguments(contentType: string | undefined): Promise<ProcedureArguments> {
    const { maxRequestBytes: maxBytes, bodyTimeoutMs: timeoutMs, takesMessagePack } = this.host.config;
    const body = this.front.body ?? (await readRequestBody(this.request, { maxBytes, timeoutMs }));
    if (isMessagePack(contentType) && !takesMessagePack) throw new ProcedureError('msgpack is unavailable');
    return argumentsOf(body, contentType, this.host.config.inputBounds);
  }

  private async relay(stream: AsyncIterator<unknown, unknown, void>): Promise<void> {
    const chunks = new ResultChunks(this.reply, this.formats.stream, this.host.config.maxResultBytes);
    this.chunks = chunks;
    await chunks.relay(stream);
  }

  /** Sends the result, unless it is of a raw procedure that writes the response itself. */
  private async tell(value: unknown): Promise<void> {
    const isOwn = this.procedure?.signature.isRaw && (value === undefined || this.reply.isBegun);
    if (isOwn) return this.reply.ended;
    const descriptors = descriptorsIn(value);
    const { status, mediaType, body } = wholeResult(
      descriptors ? this.passed.attach(descriptors) : value,
      descriptors ? JSON_FORMAT : this.formats.result,
      this.host.config.maxResultBytes,
    );
    return this.reply.whole(status, mediaType, body);
  }

  private async fail(error: unknown): Promise<void> {
    const { procedure } = this;
    // Errors that a procedure threw have been logged where it ran. The others come from encoding its result.
    if (!isTold(error))
      this.tellFault(`what ${procedure?.signature.name} gave cannot be sent: ${messageOf(error)}`);
    this.report(callRefusal(procedure?.signature.name ?? '', error));
    const failure = failureOf(error, this.isAuthenticated && this.host.config.showsTracebacks);
    try {
      if (!this.reply.isBegun) await this.refuse(failure);
      else if (this.chunks) this.chunks.fail(failure.body);
      else this.reply.cut();
    } catch (cause) {
      this.tellFault(`what ${procedure?.signature.name} failed with cannot be sent: ${messageOf(cause)}`);
      if (this.reply.isBegun) this.reply.cut();
      else await this.refuse({ status: 500, body: { error: 'Internal Error' } });
    }
  }

  private tellFault(text: string): void {
    defects.error(this.procedure?.signature.name ?? '', text, this.client);
  }

  private report(error: ClientError): void {
    this.host.callers.refused(this.client, error);
  }

  /** Sends an error; that of a stream that fails before it begins is in the format of its results. */
  private refuse({ status, body, headers, isEncoded }: RpcFailure, error?: ClientError): Promise<void> {
    if (error) this.report(error);
    const format: ResultFormat = isEncoded || this.chunks ? this.formats.result : JSON_FORMAT;
    return this.reply.whole(status, format.mediaType, format.encode(body), headers);
  }
}

function isTold(error: unknown): boolean {
  return isForCaller(error) || error instanceof CallbackError || error instanceof UnbegunStream;
}
