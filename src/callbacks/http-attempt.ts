import { types } from 'node:util';
import type { Dispatcher } from 'undici';
import { parseCallbackUrl, type CallbackUrl } from './callback-url.js';
import type { ConnectionPools } from './connection-pools.js';
import type { Post } from './post.js';
import { headerValue, requestedWaitMs } from './retry-wait.js';
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

/** A try has failed; another one may succeed. No causes: they may quote what was sent or answered. */
export class AttemptError extends Error {
  override readonly name = 'AttemptError';

  constructor(
    message: string,
    /** The wait before the next try that the answer asked for. */
    readonly requestedWaitMs?: number,
  ) {
    super(message);
  }
}

const MAX_REDIRECTS = 10;
/** What is read of an answer that is of no use, for the sake of its connection. */
const MAX_DISCARDED_BYTES = 65_536;
const JSON_TYPE = 'application/json';

/** One try of a call: a POST with the redirects that it is answered with. */
export class HttpAttempt {
  constructor(
    private readonly post: Post,
    private readonly settings: AttemptSettings,
    private readonly pools: ConnectionPools,
  ) {}

  /**
   * @returns the body of an answer that is labelled JSON.
   * @throws {AttemptError}
   * @throws the signal's reason when it is aborted.
   */
  async run(signal: AbortSignal): Promise<Buffer> {
    const { timeoutMs, maxResponseBytes } = this.settings;
    const tooLate = new AttemptError(`no answer within ${timeoutMs} ms`);
    return withTimeLimit(timeoutMs, tooLate, signal, async (signal) => {
      const response = await this.follow(signal);
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
    const [type = ''] = headerValue(headers, 'content-type')?.split(';') ?? [];
    if (type.trim().toLowerCase() === JSON_TYPE) return undefined;
    return new AttemptError(`the content type of the answer is not ${JSON_TYPE}`);
  }

  private async follow(signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    let { url, headers } = this.post;
    for (let hops = 0; ; hops++) {
      const response = await this.send(url, headers, signal);
      if (!isRedirect(response)) return response;
      await discard(response, signal);
      if (hops === MAX_REDIRECTS) throw new AttemptError(`more than ${MAX_REDIRECTS} redirects`);
      url = this.target(response, url);
      // Whoever was asked in between might have chosen the target: what was left behind is not sent again.
      if (url.origin !== this.post.url.origin) headers = {};
    }
  }

  private async send(
    url: CallbackUrl,
    headers: Post['headers'],
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    signal.throwIfAborted();
    try {
      return await this.pools.to(url).request({
        method: 'POST',
        path: url.path,
        headers: { ...headers, 'content-type': JSON_TYPE },
        body: this.post.body,
        signal,
      });
    } catch (cause) {
      throw failure(cause);
    }
  }

  private target(response: Dispatcher.ResponseData, from: CallbackUrl): CallbackUrl {
    const location = headerValue(response.headers, 'location');
    if (location === undefined) throw new AttemptError(`status ${response.statusCode} without a location`);
    const target = parseCallbackUrl(location, from);
    if (!target) throw new AttemptError('redirected to what is not a URL of a server');
    const isOwn = target.origin === this.post.url.origin;
    if (isOwn || this.settings.redirectOrigins.has(target.origin)) return target;
    throw new AttemptError(`redirected to ${target.scrubbed}, which redirectOrigins does not allow`);
  }
}

function isRedirect({ statusCode }: Dispatcher.ResponseData): boolean {
  return statusCode === 307 || statusCode === 308;
}

async function readBody({ body }: Dispatcher.ResponseData, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw new AttemptError(`the answer is larger than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    throw failure(cause);
  }
  return Buffer.concat(chunks, size);
}

/** Reads the rest of a small answer, so that its connection can be used again; a large one ends the connection. */
async function discard({ body }: Dispatcher.ResponseData, signal: AbortSignal): Promise<void> {
  await body.dump({ limit: MAX_DISCARDED_BYTES, signal });
}

function failure(cause: unknown): AttemptError {
  if (cause instanceof AttemptError) return cause;
  return new AttemptError(types.isNativeError(cause) ? describe(cause) : 'unknown failure');
}

/** When several addresses were tried at once, an error has only a code. */
function describe({ message, code = 'unknown failure' }: Error & { code?: string }): string {
  return message === '' ? code : message;
}
