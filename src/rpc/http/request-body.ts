import type { IncomingMessage } from 'node:http';
import { type BodyLimits, readBody } from '../../endpoints/read-body.js';
import { ProcedureError } from '../../procedures/procedure-errors.js';

/**
 * Reads the body of a request; one that takes too long is cut off.
 * @param limits of head and body together.
 * @throws {ProcedureError} (500) when the request is too large; the caller has to discard the rest of it.
 * @throws {RequestCutOff} when the connection closes before the end of the body.
 */
export async function readRequestBody(
  request: IncomingMessage,
  { maxBytes, timeoutMs }: BodyLimits,
): Promise<Buffer> {
  const body = await readBody(request, { maxBytes: maxBytes - headerBytes(request), timeoutMs });
  if (!body) throw new ProcedureError('Request too large');
  return body;
}

/** Estimates the bytes of a head; Node does not tell the white space around values. */
function headerBytes({ method = '', url = '', rawHeaders }: IncomingMessage): number {
  const lines = rawHeaders.reduce((size, text) => size + text.length + ': '.length, 0);
  return lines + method.length + url.length + '  HTTP/1.1\r\n\r\n'.length;
}
