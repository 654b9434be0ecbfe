import type { IncomingMessage } from 'node:http';

/** Limits of a body. */
export interface BodyLimits {
  readonly maxBytes: number;
  /** Time for it to arrive. */
  readonly timeoutMs: number;
}

/** The connection closed before the request was complete, so there is nobody to answer. */
export class RequestCutOff extends Error {
  override readonly name = 'RequestCutOff';
}

/**
 * Reads the body of a request; one that takes too long is cut off.
 * @returns nothing when it is too large; the caller has to discard the rest of it.
 * @throws {RequestCutOff} when the connection closes before the end of the body.
 */
export function readBody(
  request: IncomingMessage,
  { maxBytes, timeoutMs }: BodyLimits,
): Promise<Buffer | undefined> {
  if (request.destroyed) return Promise.reject(new RequestCutOff()); // its 'close' has been emitted
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (settled: () => void): void => {
      clearTimeout(timer);
      request.off('data', take).off('end', end).off('close', close);
      settled();
    };
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      if ((size += chunk.length) > maxBytes) settle(() => resolve(undefined));
    };
    const end = (): void => settle(() => resolve(Buffer.concat(chunks)));
    const close = (): void => settle(() => reject(new RequestCutOff()));
    const timer = setTimeout(() => request.destroy(), timeoutMs);
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) settle(() => resolve(undefined));
    else request.on('data', take).on('end', end).on('close', close);
  });
}
