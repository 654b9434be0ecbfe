import type { IncomingMessage } from 'node:http';
import { ProcedureError } from '../../procedures/procedure-errors.js';

/** Limits of a request. */
export interface RequestLimits {
  /** Head and body together. */
  readonly maxBytes: number;
  /** Time for the body to arrive. */
  readonly timeoutMs: number;
}

/** The connection closed before the request was complete, so there is nobody to answer. */
export class RequestCutOff extends Error {
  override readonly name = 'RequestCutOff';
}

/**
 * Reads the body of a request; one that takes too long is cut off.
 * @throws {ProcedureError} (500) when the request is too large; the caller has to discard the rest of it.
 * @throws {RequestCutOff} when the connection closes before the end of the body.
 */
export function readRequestBody(
  request: IncomingMessage,
  { maxBytes, timeoutMs }: RequestLimits,
): Promise<Buffer> {
  if (request.destroyed) return Promise.reject(new RequestCutOff()); // its 'close' has been emitted
  const most = maxBytes - headerBytes(request);
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
      if ((size += chunk.length) > most) settle(() => reject(tooLarge()));
    };
    const end = (): void => settle(() => resolve(Buffer.concat(chunks)));
    const close = (): void => settle(() => reject(new RequestCutOff()));
    const timer = setTimeout(() => request.destroy(), timeoutMs);
    if (Number(request.headers['content-length'] ?? 0) > most) settle(() => reject(tooLarge()));
    else request.on('data', take).on('end', end).on('close', close);
  });
}

function tooLarge(): ProcedureError {
  return new ProcedureError('Request too large');
}

/** Estimates the bytes of a head; Node does not tell the white space around values. */
function headerBytes({ method = '', url = '', rawHeaders }: IncomingMessage): number {
  const lines = rawHeaders.reduce((size, text) => size + text.length + ': '.length, 0);
  return lines + method.length + url.length + '  HTTP/1.1\r\n\r\n'.length;
}
