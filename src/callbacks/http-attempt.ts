import type { Dispatcher } from 'undici';
import type { ConnectionPools } from './connection-pools.js';
import {
  AttemptError,
  discard,
  exchange,
  JSON_TYPE,
  mediaTypeOf,
  type Outgoing,
  readBody,
} from './http-exchange.js';
import { requestedWaitMs } from './retry-wait.js';
import { withTimeLimit } from './time-limit.js';

/** What one try is bounded by. */
export interface AttemptSettings {
  /** How long it may take: the connection, redirects and the whole answer. */
  readonly timeoutMs: number;
  /** A larger answer is a failure. */
  readonly maxResponseBytes: number;
  /** Origins that it may be redirected to, besides its own. */
  readonly redirectOrigins: ReadonlySet<string>;
  /** Where an answer with status 429 says how many seconds to wait; the first of these headers that is present. */
  readonly rateLimitHeaders: readonly string[];
}

/** One try of a call: a POST with the redirects that it is answered with. */
export class HttpAttempt {
  constructor(
    private readonly post: Outgoing,
    private readonly settings: AttemptSettings,
    private readonly pools: ConnectionPools,
  ) {}

  /**
   * @returns the body of an answer that is labelled JSON.
   * @throws {AttemptError}
   * @throws the signal's reason when it is aborted.
   */
  async run(signal: AbortSignal): Promise<Buffer> {
    const { timeoutMs, maxResponseBytes, redirectOrigins } = this.settings;
    const tooLate = new AttemptError(`no answer within ${timeoutMs} ms`);
    return withTimeLimit(timeoutMs, tooLate, signal, async (signal) => {
      const response = await exchange(this.post, this.pools, redirectOrigins, signal);
      const fault = this.faultOf(response);
      if (fault) {
        await discard(response, signal);
        throw fault;
      }
      return readBody(response, maxResponseBytes);
    });
  }

  private faultOf({ statusCode, headers }: Dispatcher.ResponseData): AttemptError | undefined {
    if (statusCode === 429) {
      return new AttemptError('status 429', requestedWaitMs(headers, this.settings.rateLimitHeaders));
    }
    if (statusCode < 200 || statusCode > 299) return new AttemptError(`status ${statusCode}`);
    if (mediaTypeOf(headers) === JSON_TYPE) return undefined;
    return new AttemptError(`the content type of the answer is not ${JSON_TYPE}`);
  }
}
