import { Logger } from '@nestjs/common';
import type { Stoppable } from '../../base/lifetime.js';
import { withTimeLimit } from '../../base/time-limit.js';
import type { CallbacksSettings } from '../../config/sections/callbacks.settings.js';
import { DigestedLog } from '../../metrics/digested-log.js';
import { LogLine } from '../../metrics/log-line.js';
import { CallbackError } from '../../protocol/errors.js';
import type { JsonMembers, JsonText } from '../../protocol/json/json.js';
import type { Breakers } from '../breakers.js';
import { Tracing } from '../../tracing/tracing.js';
import type { Caller, CallOptions } from '../caller.js';
import type { Asker } from '../fair-line.js';
import type { AppAnswer, AppRequest, Requester } from '../requester.js';
import type { StreamedAnswer, StreamRequest, StreamRequester } from '../stream-requester.js';
import { jittered, wait } from '../wait.js';
import { HttpAttempt } from './attempt.js';
import type { CallbackUrl } from './callback-url.js';
import { ConnectionPools } from './connection-pools.js';
import { answerTypeOf, AttemptError, exchange, FinalAttemptError, readAnswer } from './exchange.js';
import { type OutgoingRequest, OutgoingRequests } from './outgoing.js';
import { RunningRequests } from './running-requests.js';
import { Seal } from './seal.js';
import { HttpStreams } from './streams.js';
import { TurnError, type Waiting } from './turns.js';
import { callbackJudge, requestJudge } from './verdicts.js';

/** Calls the app by HTTP POST over kept-alive connections, and tries again on failure. */
export class HttpCaller implements Caller, Requester, StreamRequester, Stoppable {
  private readonly logger = new Logger('Callbacks');
  private readonly warnings = new DigestedLog(this.logger);
  private readonly pools: ConnectionPools;
  private readonly requests = new RunningRequests();
  private readonly streams: HttpStreams;
  private readonly outgoing: OutgoingRequests;

  /**
   * @param streamConnections the most at a time to one origin for {@link StreamRequester.open}.
   * @throws when the settings are unusable.
   */
  constructor(
    private readonly settings: CallbacksSettings,
    streamConnections: number,
    private readonly breakers?: Breakers,
    tracing = Tracing.off,
  ) {
    this.pools = new ConnectionPools(settings);
    this.outgoing = new OutgoingRequests(Seal.of(settings), tracing);
    const pools = new ConnectionPools(settings, streamConnections);
    this.streams = new HttpStreams(settings, { pools, breakers }, this.requests, this.outgoing);
  }

  async call(url: string, body: JsonText, options: CallOptions = {}): Promise<JsonMembers> {
    return this.untilEnded(options.signal, async (signal) => {
      const post = this.outgoing.make('POST', url, options.headers, { body, ...options });
      return this.try(post, signal, options);
    });
  }

  /** See {@link Requester.request}. */
  async request({
    method,
    url,
    headers,
    id,
    signal,
    isOwed = false,
    ...asker
  }: AppRequest): Promise<AppAnswer> {
    return this.untilEnded(signal, async (signal) => {
      const request = this.outgoing.make(method, url, headers, { id, service: asker.service });
      try {
        const breaker = this.breakers?.of(asker.service);
        if (!isOwed) breaker?.requireClosed();
        return await this.inTurn(request.url, asker, [signal], () => {
          const attempt = (): Promise<AppAnswer> => this.answerTo(request, signal);
          return breaker ? breaker.pass(isOwed, attempt, requestJudge(signal)) : attempt();
        });
      } catch (error) {
        signal.throwIfAborted();
        if (!isFailedTry(error)) throw error;
        throw new CallbackError(`${method} ${request.url.scrubbed}: ${error.message}`, { cause: error });
      }
    });
  }

  /** See {@link StreamRequester.open}. */
  open(request: StreamRequest): Promise<StreamedAnswer> {
    return this.streams.open(request);
  }

  /** The requests that wait for a connection; streamed answers have connections of their own. */
  get waiting(): Waiting {
    return this.pools.waiting;
  }

  /** Ends all connections. Calls under way and later ones fail with a {@link CallbackError}. */
  async stop(): Promise<void> {
    this.requests.close();
    await Promise.all([this.pools.destroy(), this.streams.destroy()]);
  }

  private async untilEnded<Result>(
    outer: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const request = this.requests.begin(outer);
    try {
      return await work(request.signal);
    } finally {
      request.finish();
    }
  }

  private answerTo(request: OutgoingRequest, signal: AbortSignal): Promise<AppAnswer> {
    const { timeoutMs, maxResponseBytes } = this.settings;
    const tooLate = new AttemptError(`no answer within ${timeoutMs} ms`);
    return withTimeLimit(timeoutMs, tooLate, signal, async (signal) => {
      const response = await exchange(request, this.pools, signal);
      const body = await readAnswer(response, maxResponseBytes);
      return { status: response.statusCode, mediaType: answerTypeOf(response.headers), body };
    });
  }

  private async try(post: OutgoingRequest, signal: AbortSignal, options: CallOptions): Promise<JsonMembers> {
    // A call that has further tries may reach the app more than once in any case.
    const isRepeatable = options.isRepeated === true || this.settings.tries > 1;
    const attempt = new HttpAttempt({ ...post, isRepeatable }, this.settings, this.pools);
    const most = options.isRepeated === true ? 1 : this.settings.tries;
    const { isOwed = false } = options;
    const breaker = this.breakers?.of(options.service);
    const run = (): Promise<JsonMembers> => {
      options.sent?.();
      return attempt.run(signal, options.answered);
    };
    for (let tries = 1; ; tries++) {
      try {
        if (!isOwed) breaker?.requireClosed();
        return await this.inTurn(post.url, askerOf(options), signalsOf(options, signal, tries), () =>
          breaker ? breaker.pass(isOwed, run, callbackJudge(signal)) : run(),
        );
      } catch (error) {
        signal.throwIfAborted();
        if (!isFailedTry(error)) throw error;
        const isPaused = breaker?.isOpen === true && !isOwed;
        if (tries >= most || isPaused || error instanceof TurnError || error instanceof FinalAttemptError)
          throw this.unavailable(post.url, tries, error, { ...options, isPaused });
        await this.waitAfter(error, { url: post.url, tries, client: options.client }, signal);
      }
    }
  }

  /** Does work when it is the asker's turn, which then goes to the next. */
  private async inTurn<Result>(
    url: CallbackUrl,
    asker: Asker,
    signals: readonly AbortSignal[],
    work: () => Promise<Result>,
  ): Promise<Result> {
    const turns = this.pools.turnsTo(url);
    await turns.take(asker, ...signals);
    try {
      return await work();
    } finally {
      turns.give();
    }
  }

  private async waitAfter(
    error: AttemptError,
    { url, tries, client = {} }: { url: CallbackUrl; tries: number; client: Asker['client'] },
    signal: AbortSignal,
  ): Promise<void> {
    const { waitMs, waitJitterMs } = this.settings;
    const nextMs = jittered(error.requestedWaitMs ?? waitMs, waitJitterMs);
    const text = `POST ${url.scrubbed}: try ${tries} failed, next in ${nextMs} ms: ${error.message}`;
    this.logger.debug(new LogLine(client, () => text));
    await wait(nextMs, signal);
  }

  private unavailable(
    url: CallbackUrl,
    tries: number,
    cause: AttemptError | TurnError,
    { isRepeated = false, isPaused, client = {} }: CallOptions & { readonly isPaused: boolean },
  ): CallbackError {
    const outcome =
      cause instanceof TurnError ? 'not sent' : `failed after ${tries} ${tries === 1 ? 'try' : 'tries'}`;
    const message = `POST ${url.scrubbed}: ${outcome}: ${cause.message}`;
    if (isRepeated) this.logger.debug(new LogLine(client, () => message));
    else this.warnings.warn(`${url.scrubbed} ${outcome}`, message, client);
    return new CallbackError(message, {
      cause,
      isFinal: cause instanceof FinalAttemptError,
      isPaused,
      retryAfterMs: cause instanceof AttemptError ? cause.requestedWaitMs : undefined,
    });
  }
}

function isFailedTry(error: unknown): error is AttemptError | TurnError {
  return error instanceof AttemptError || error instanceof TurnError;
}

/** Repeated calls queue as a service of their own: they delay no others, and no others delay them. */
function askerOf({ service, client, isRepeated = false }: CallOptions): Asker {
  return isRepeated ? { service: `${service} again`, client } : { service, client };
}

/** The signals that end the wait for a connection. */
function signalsOf({ withdrawal }: CallOptions, signal: AbortSignal, tries: number): AbortSignal[] {
  return tries === 1 && withdrawal ? [signal, withdrawal] : [signal];
}
