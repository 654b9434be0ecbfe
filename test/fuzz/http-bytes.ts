import type { Chance } from '../support/chance.js';
import { anyObject, anyValue } from '../support/any-value.js';
import { API_KEY } from '../support/gateway.js';

/** Where the intake takes requests in. */
export const TARGETS = ['/publish', '/trigger'];

const KEY = `Authorization: Bearer ${API_KEY}`;
const HEADERS = [
  'Host: b',
  'host:a:80',
  KEY,
  'authorization: Bearer no',
  'AUTHORIZATION:',
  'Content-Length: 0',
  'content-length: 00005',
  'Content-Length: 5, 5',
  'Content-Length: +5',
  'Content-Length: 5 5',
  'Content-Length: 99999999999999999999',
  'Content-Length: -1',
  'Content-Lengt\u212a: 3',
  'Transfer-Encoding: chunked',
  'transfer-encoding: identity',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding:\tchunked ',
  'Connection: close',
  'connection: Keep-Alive ',
  'Connection: keep-alive, close',
  'Connection: upgrade',
  'Connection:',
  'Proxy-Connection: close',
  'Keep-Alive: timeout=1',
  'Expect: 100-continue',
  'Expect: 200-ok',
  'Upgrade: h2c',
  'Upgrade: websocket',
  'Trailer: x',
  'TE: trailers',
  'Content-Type: text/plain',
  'Content-Encoding: gzip',
  'X: \u00e9\u00ff\t!',
  'X:',
  'X : y',
  ': x',
  ' folded',
  'X',
  `X: ${'x'.repeat(300)}`,
  `X: ${'x'.repeat(9_000)}`,
];
const SIGNS = [
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  ':',
  ' ',
  '\t',
  '\0',
  '\x7f',
  '\x80',
  '\v',
  '0',
  'Content-Length: 3\r\n',
];
const LINES = [
  'GET /health/live HTTP/1.1',
  'GET /nowhere HTTP/1.1',
  'POST /nowhere HTTP/1.1',
  'POST /publish HTTP/1.0',
  'POST /publish/ HTTP/1.1',
  'POST /publish? HTTP/1.1',
  'POST http://a/publish HTTP/1.1',
  'PUT /publish HTTP/1.1',
  'post /publish HTTP/1.1',
  'POST /publish HTTP/1.2',
  'POST /publish',
  'POST  /publish HTTP/1.1',
  '\r\nPOST /publish HTTP/1.1',
];
const BODY_SIGNS = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  '\\u',
  '\ud800',
  '1e999',
  '9'.repeat(1_200),
  '['.repeat(600),
];

/** A request to the intake, of which something may be different, and sometimes is damaged. */
export function anyRequest(chance: Chance): Buffer {
  const body = chance.below(20) === 0 ? Buffer.alloc(chance.below(70_000), ' ') : anyBody(chance);
  const line = chance.below(8) === 0 ? chance.of(LINES) : `POST ${chance.of(TARGETS)} HTTP/1.1`;
  const own = ['Host: a', KEY, `Content-Length: ${body.length}`].filter(() => chance.below(20) > 0);
  const added = Array.from({ length: chance.below(4) === 0 ? 1 + chance.below(2) : 0 }, () =>
    chance.of(HEADERS),
  );
  for (const header of added) own.splice(chance.below(own.length + 1), 0, header);
  const end = chance.below(30) === 0 ? '\n' : '\r\n';
  const head = Buffer.from([line, ...own, '', ''].join(end), 'latin1');
  return Buffer.concat([
    chance.below(8) === 0 ? chance.damaged(head, SIGNS) : head,
    framed(chance, added, body),
  ]);
}

/** In chunks, mostly, where that was said. */
function framed(chance: Chance, headers: readonly string[], body: Buffer): Buffer {
  if (!headers.some((header) => /^transfer-encoding:.*chunked/i.test(header))) return body;
  const chunked = Buffer.concat([
    Buffer.from(`${body.length.toString(16)}\r\n`),
    body,
    Buffer.from('\r\n0\r\n\r\n'),
  ]);
  return chance.below(4) === 0 ? chance.damaged(chunked, SIGNS) : chunked;
}

/** What a service could push, as a text that is JSON, mostly. */
export function anyBody(chance: Chance): Buffer {
  const items = Array.from({ length: 1 + chance.below(3) }, () => anyItem(chance));
  const text = JSON.stringify(chance.below(3) === 0 ? items : items[0]);
  return chance.below(3) === 0 ? chance.damaged(Buffer.from(text), BODY_SIGNS) : Buffer.from(text);
}

function anyItem(chance: Chance): unknown {
  if (chance.below(6) === 0) return anyValue(chance);
  const options =
    chance.below(2) === 0 ? {} : { options: { order: anyValue(chance), throttle: anyValue(chance) } };
  return {
    ...(chance.below(8) > 0 && {
      subscription: chance.of(['books.1', 'books.\u00e9', 'nobody.1', 'books', '', '.']),
    }),
    ...(chance.below(4) === 0 && { rooms: [anyObject(chance)] }),
    ...(chance.below(6) > 0 && { data: anyValue(chance) }),
    ...options,
    ...(chance.below(8) === 0 && anyObject(chance)),
  };
}

/** The same bytes in pieces. */
export function cut(chance: Chance, bytes: Buffer): Buffer[] {
  const most = chance.of([1, 7, 100, 5_000, bytes.length, bytes.length]);
  if (bytes.length > 2_000 * most) return [bytes];
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = 1 + chance.below(most);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}
