import type { IncomingMessage } from 'node:http';
import { ProcedureError } from '../../procedures/procedure-errors.js';

/** How large a request may be, and for how long its body may take to arrive. */
export interface RequestLimits {
  /** Of the header and the body together. */
  readonly maxBytes: number;
  readonly timeoutMs: number;
}

/** The caller has gone, or was dropped, before its request was whole. There is nobody to be told. */
export class RequestCutOff extends Error {
  override readonly name = 'RequestCutOff';
}

/**
 * The body of a request, which is dropped when that takes too long.
 * @throws {ProcedureError} (500) when the request is too large; what is left of it is to be read by somebody else.
 * @throws {RequestCutOff}
 */
export function readRequestBody(
  request: IncomingMessage,
  { maxBytes, timeoutMs }: RequestLimits,
): Promise<Buffer> {
  if (request.destroyed) return Promise.reject(new RequestCutOff()); // it says so no more
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

/** Near enough: of the white space around values Node says nothing. */
function headerBytes({ method = '', url = '', rawHeaders }: IncomingMessage): number {
  const lines = rawHeaders.reduce((size, text) => size + text.length + ': '.length, 0);
  return lines + method.length + url.length + '  HTTP/1.1\r\n\r\n'.length;
}
