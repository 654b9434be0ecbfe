import type { IncomingMessage } from 'node:http';

/** A request of either HTTP platform, as far as its body goes. */
export interface BodyRequest {
  readonly body?: unknown;
  /** There when the app was created with `rawBody: true`. */
  readonly rawBody?: Buffer;
}

/** Whether the bytes of a request's body are still there; if not, numbers beyond 2^53 have lost digits. */
export function hasRawBody({ body, rawBody }: BodyRequest): boolean {
  return Buffer.isBuffer(body) || rawBody !== undefined;
}

/**
 * The body of a request, if it has been read before, as only an Express app that imports the module does; nothing while
 * it is still to be read.
 */
export function readBefore(request: BodyRequest & IncomingMessage): Buffer | undefined {
  return request.readableEnded ? bodyOf(request) : undefined;
}

/**
 * The bytes of a request's body, as they came wherever that is known. An app that imports Kittiwake and was created
 * without `rawBody: true` has parsed the body already; then numbers beyond 2^53 have lost digits.
 */
export function bodyOf({ body, rawBody }: BodyRequest): Buffer {
  if (Buffer.isBuffer(body)) return body;
  if (rawBody) return rawBody;
  return Buffer.from(body === undefined || body === null ? '' : JSON.stringify(body));
}
