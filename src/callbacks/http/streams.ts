import { Logger } from '@nestjs/common';
import type { Dispatcher } from 'undici';
import { MAX_TIMER_MS } from '../../base/max-timer.js';
import { withTimeLimit } from '../../base/time-limit.js';
import type { CallbacksSettings } from '../../config/sections/callbacks.settings.js';
import { DigestedLog } from '../../metrics/digested-log.js';
import { LogLine, type LogParty } from '../../metrics/log-line.js';
import { CallbackError } from '../../protocol/errors.js';
import type { Breakers } from '../breakers.js';
import type { StreamedAnswer, StreamRequest, StreamRequester } from '../stream-requester.js';
import { jittered, wait } from '../wait.js';
import type { ConnectionPools } from './connection-pools.js';
import { decodedBody } from './decoded-body.js';
import { AttemptError, ConnectError, exchange, attemptError, answerTypeOf } from './exchange.js';
import type { OutgoingRequest, OutgoingRequests } from './outgoing.js';
import type { RunningRequest, RunningRequests } from './running-requests.js';
import { TurnError } from './turns.js';
import { procedureJudge } from './verdicts.js';

/** The limits and retries of requests for streamed answers; `timeoutMs` is the time until one begins. */
type StreamSettings = Pick<CallbacksSettings, 'timeoutMs' | 'tries' | 'waitMs' | 'waitJitterMs'>;

/** A request, and whom it is for. */
type Asked = OutgoingRequest & { readonly client?: LogParty | undefined };

/** Asks the app for streamed answers, over a pool of its own: each occupies a connection to its end. */
export class HttpStreams implements StreamRequester {
  private readonly logger = new Logger('Callbacks');
  private readonly warnings = new DigestedLog(this.logger);

  constructor(
    private readonly settings: StreamSettings,
    /** Pools of its own, as each stream occupies a connection. */
    private readonly app: { readonly pools: ConnectionPools; readonly breakers: Breakers | undefined },
    private readonly requests: RunningRequests,
    private readonly outgoing: OutgoingRequests,
  ) {}

  async open(asked: StreamRequest): Promise<StreamedAnswer> {
    const { url, headers, body, service, client, timeoutMs, signal } = asked;
    const post = { ...this.outgoing.make('POST', url, headers, { body, service }), client };
    const request = this.requests.begin(signal);
    try {
      const { signal } = request;
      const breaker = this.app.breakers?.of(service);
      const attempt = () => this.attempt(post, timeoutMs ?? this.settings.timeoutMs, signal);
      const guarded = () => (breaker ? breaker.pass(false, attempt, procedureJudge(signal)) : attempt());
      return this.answerOf(await this.response(post, guarded, signal), post, request);
    } catch (error) {
      request.abort(); // it may still wait for a connection or an answer
      throw error;
    }
  }

  /** Ends all connections. */
  destroy(): Promise<void> {
    return this.app.pools.destroy();
  }

  private async response(
    post: Asked,
    attempt: () => Promise<Dispatcher.ResponseData>,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    for (let tries = 1; ; tries++) {
      try {
        return await attempt();
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof TurnError) throw this.unavailable(post, error.message);
        if (!(error instanceof AttemptError)) throw error;
        if (!(error instanceof ConnectError) || tries >= this.settings.tries) {
          throw this.unavailable(post, error.message);
        }
        await this.waitAfter(error, post, signal);
      }
    }
  }

  /** The time limit begins with the turn, which ends when the answer has been read, or has failed. */
  private async attempt(
    post: OutgoingRequest,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const tooLate = new AttemptError(`no answer within ${timeoutMs} ms`);
    const turns = this.app.pools.turnsTo(post.url);
    await turns.take({}, signal);
    try {
      const response = await withTimeLimit(timeoutMs || MAX_TIMER_MS, tooLate, signal, () =>
        exchange(post, this.app.pools, signal),
      );
      response.body.once('close', () => turns.give());
      return response;
    } catch (error) {
      turns.give();
      throw error;
    }
  }

  private async waitAfter(
    { message }: ConnectError,
    { url, client = {} }: Asked,
    signal: AbortSignal,
  ): Promise<void> {
    const waitMs = jittered(this.settings.waitMs, this.settings.waitJitterMs);
    const text = `POST ${url.scrubbed}: no connection, next try in ${waitMs} ms: ${message}`;
    this.logger.debug(new LogLine(client, () => text));
    await wait(waitMs, signal);
  }

  private answerOf(
    { statusCode, headers, body }: Dispatcher.ResponseData,
    post: Asked,
    request: RunningRequest,
  ): StreamedAnswer {
    return {
      status: statusCode,
      mediaType: answerTypeOf(headers),
      isDelimited: 'transfer-encoding' in headers || 'content-length' in headers,
      body: this.chunks({ body, headers }, post, request),
      end: () => request.abort(),
    };
  }

  private async *chunks(
    { body, headers }: Pick<Dispatcher.ResponseData, 'body' | 'headers'>,
    post: Asked,
    request: RunningRequest,
  ): AsyncGenerator<Buffer, void, void> {
    try {
      yield* decodedBody(body, headers);
    } catch (error) {
      request.signal.throwIfAborted();
      throw this.unavailable(post, `the answer broke off: ${attemptError(error).message}`);
    } finally {
      request.finish();
    }
  }

  private unavailable({ url, client }: Asked, fault: string): CallbackError {
    const message = `POST ${url.scrubbed}: ${fault}`;
    this.warnings.warn(url.scrubbed, message, client);
    return new CallbackError(message);
  }
}
