import { pipeline, type Duplex, type Readable } from 'node:stream';
import { createBrotliDecompress, createUnzip } from 'node:zlib';
import { headerValue, type ResponseHeaders } from '../retry-wait.js';

const DECODERS: ReadonlyMap<string, () => Duplex> = new Map([
  ['gzip', createUnzip],
  ['x-gzip', createUnzip],
  ['deflate', createUnzip],
  ['br', createBrotliDecompress],
]);

/**
 * The body of an answer without its content coding (RFC 9110 section 8.4.1): gzip, deflate and br, which apps and the
 * proxies before them apply unasked. It is decoded as it is read: the rest of a bomb is never unpacked.
 * @throws when the coding is another one, or several.
 */
export function decodedBody(body: Readable, headers: ResponseHeaders): AsyncIterable<Buffer> {
  const coding = headerValue(headers, 'content-encoding')?.trim().toLowerCase() ?? '';
  if (coding === '' || coding === 'identity') return body;
  const decoder = DECODERS.get(coding)?.();
  if (!decoder) throw new Error('the content coding of the answer is none of gzip, deflate and br');
  return pipeline(body, decoder, () => {}); // the reader gets the error
}
