import { BadRequestException, PayloadTooLargeException } from '@nestjs/common';
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';

/** A request of either HTTP platform, as far as its body goes. */
export interface BodyRequest {
  readonly body?: unknown;
  /** There when the app was created with `rawBody: true`. */
  readonly rawBody?: Buffer;
}

/**
 * The text of a request's body, as it came wherever that is known. An app that imports Kittiwake and was created without
 * `rawBody: true` has parsed the body already; then numbers beyond 2^53 have lost digits.
 * @throws {PayloadTooLargeException} (413) above the limit.
 * @throws {BadRequestException} (400) when there is none or it is not UTF-8.
 */
export function bodyText(request: BodyRequest, maxBytes: number): string {
  const bytes = bytesOf(request);
  if (bytes.length > maxBytes) {
    throw new PayloadTooLargeException({
      status: 'error',
      error: `the body must not exceed ${maxBytes} bytes`,
    });
  }
  if (bytes.length === 0) throw new BadRequestException({ status: 'error', error: 'the body is empty' });
  if (!isUtf8(bytes)) throw new BadRequestException({ status: 'error', error: 'the body is not UTF-8' });
  return bytes.toString();
}

/** Whether the bytes of a request's body are still there; if not, numbers beyond 2^53 have lost digits. */
export function hasRawBody({ body, rawBody }: BodyRequest): boolean {
  return Buffer.isBuffer(body) || rawBody !== undefined;
}

/**
 * The body of a request that somebody has read before, which only an Express app of one's own does; otherwise nothing, it
 * is still to be read.
 */
export function readBefore(request: BodyRequest & IncomingMessage): Buffer | undefined {
  return request.readableEnded ? bytesOf(request) : undefined;
}

function bytesOf({ body, rawBody }: BodyRequest): Buffer {
  if (Buffer.isBuffer(body)) return body;
  if (rawBody) return rawBody;
  return Buffer.from(body === undefined || body === null ? '' : JSON.stringify(body));
}
