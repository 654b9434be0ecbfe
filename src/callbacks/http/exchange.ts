import { types } from 'node:util';
import type { Dispatcher } from 'undici';
import { JSON_TYPE, mediaTypeOf } from '../../protocol/media-type.js';
import { headerValue, type ResponseHeaders } from '../retry-wait.js';
import { isUnanswered } from './app-connector.js';
import { parseCallbackUrl, type CallbackUrl } from './callback-url.js';
import type { ConnectionPools } from './connection-pools.js';
import { decodedBody } from './decoded-body.js';
import type { OutgoingRequest } from './outgoing.js';

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

/** The app has given an answer that another try would get again. */
export class FinalAttemptError extends AttemptError {}

/** The app is there, and has too much to do (status 429). */
export class BusyError extends AttemptError {}

/** There was no connection: nothing was sent. */
export class ConnectError extends AttemptError {}

/** A kept-alive connection ended after the request, without a byte of an answer: most likely it was not taken. */
class UnansweredError extends AttemptError {}

const MAX_REDIRECTS = 10;
/** A bound; each resend uses up a kept-alive connection. */
const MAX_RESENDS = 10;
/** The most that is read of an unwanted answer, so that its connection can be used again. */
const MAX_DISCARDED_BYTES = 65_536;
/** A POST is sent again with its body, or not at all; a GET may be sent anywhere. */
const REDIRECTS = { POST: new Set([307, 308]), GET: new Set([301, 302, 303, 307, 308]) };

/**
 * Sends a request and follows redirects to its own origin or an allowed one.
 * @throws {AttemptError}
 */
export async function exchange(
  outgoing: OutgoingRequest,
  pools: ConnectionPools,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const span = outgoing.begin?.();
  if (!span) return followed(outgoing, pools, signal);
  const headers = { ...outgoing.headers, ...span.headers };
  return span.during(async () => {
    const response = await followed({ ...outgoing, headers }, pools, signal);
    const { statusCode } = response;
    span.set('http.response.status_code', statusCode);
    if (statusCode >= 400) span.failed(String(statusCode));
    return response;
  });
}

async function followed(
  outgoing: OutgoingRequest,
  pools: ConnectionPools,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const { method, stamp } = outgoing;
  let { url } = outgoing;
  let headers = stamp ? { ...outgoing.headers, ...stamp() } : outgoing.headers;
  for (let hops = 0; ; hops++) {
    const response = await sendAgain({ ...outgoing, url, headers }, pools, signal);
    if (!REDIRECTS[method].has(response.statusCode)) return response;
    await discard(response, signal);
    if (hops === MAX_REDIRECTS) throw new AttemptError(`more than ${MAX_REDIRECTS} redirects`);
    url = targetOf(response, url);
    const isOwn = url.origin === outgoing.url.origin;
    if (!isOwn && !pools.takesRedirectsTo(url)) {
      throw new AttemptError(`redirected to ${url.scrubbed}, which redirectOrigins does not allow`);
    }
    // A server in between may have chosen the target: headers that were dropped once are not sent again.
    if (!isOwn) headers = {};
  }
}

/** The whole body of an answer, decoded. @throws {AttemptError} when it breaks off or is larger than `maxBytes`. */
export async function readAnswer(
  { body, headers }: Dispatcher.ResponseData,
  maxBytes: number,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of decodedBody(body, headers)) {
      size += chunk.length;
      if (size > maxBytes) throw new AttemptError(`the answer is larger than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (cause) {
    throw attemptError(cause);
  }
  return Buffer.concat(chunks, size);
}

/** Reads the rest of a small answer, so that its connection can be used again; a large one ends the connection. */
export async function discard({ body }: Dispatcher.ResponseData, signal: AbortSignal): Promise<void> {
  await body.dump({ limit: MAX_DISCARDED_BYTES, signal });
}

/** Sends a request, and again at once when its connection had just been closed (RFC 9112 section 9.3.1). */
async function sendAgain(
  request: OutgoingRequest,
  pools: ConnectionPools,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  for (let resends = 0; ; resends++) {
    try {
      return await send(request, pools, signal);
    } catch (error) {
      const isLost = error instanceof UnansweredError && request.isRepeatable === true;
      if (!isLost || resends === MAX_RESENDS) throw error;
    }
  }
}

async function send(
  { method, url, headers, body }: OutgoingRequest,
  pools: ConnectionPools,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  signal.throwIfAborted();
  const type = body === undefined ? {} : { 'content-type': JSON_TYPE };
  try {
    return await pools.to(url).request({
      method,
      path: url.path,
      headers: { ...headers, ...type },
      ...(body !== undefined && { body }),
      signal,
    });
  } catch (cause) {
    throw attemptError(cause);
  }
}

function targetOf(response: Dispatcher.ResponseData, from: CallbackUrl): CallbackUrl {
  const location = headerValue(response.headers, 'location');
  if (location === undefined) throw new AttemptError(`status ${response.statusCode} without a location`);
  const target = parseCallbackUrl(location, from);
  if (!target) throw new AttemptError('redirected to what is not a URL of a server');
  return target;
}

/** The media type of an answer. */
export function answerTypeOf(headers: ResponseHeaders): string {
  return mediaTypeOf(headerValue(headers, 'content-type'));
}

/** Turns a caught error into a failed try with its text, without the error itself. */
export function attemptError(cause: unknown): AttemptError {
  if (cause instanceof AttemptError) return cause;
  if (!types.isNativeError(cause)) return new AttemptError('unknown failure');
  if (isUnanswered(cause)) return new UnansweredError(describe(cause));
  return isOfConnecting(cause) ? new ConnectError(describe(cause)) : new AttemptError(describe(cause));
}

/** Whether connecting failed; after several addresses, whether all did: each has an error of its own. */
function isOfConnecting(cause: Error & { code?: string; syscall?: string; errors?: unknown[] }): boolean {
  if (cause.code === 'UND_ERR_CONNECT_TIMEOUT') return true;
  if (cause.errors) return cause.errors.every((error) => types.isNativeError(error) && isOfConnecting(error));
  return cause.syscall === 'connect' || cause.syscall === 'getaddrinfo';
}

/** The text of an error; after several addresses were tried, it has a code only. */
function describe({ message, code = 'unknown failure' }: Error & { code?: string }): string {
  return message === '' ? code : message;
}
