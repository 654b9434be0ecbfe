import { RequestHead } from './request-head.js';

const TARGETS = ['/publish', '/trigger'];
const HEAD = 'POST /publish HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\nAuthorization: Bearer key \r\n\r\n';

function read(text: string, at = 0): string {
  return new RequestHead(TARGETS).read(Buffer.from(text, 'latin1'), at);
}

/** A head with one header in place of another, or added. */
function headWith(header: string): string {
  const [name = ''] = header.split(':', 1);
  const kept = HEAD.split('\r\n').filter((line) => !line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  return [...kept.slice(0, -2), header, '', ''].join('\r\n');
}

describe('the head of a request', () => {
  it('is read in place', () => {
    const head = new RequestHead(TARGETS);
    const bytes = Buffer.from(`before${HEAD}body`);
    expect(head.read(bytes, 6)).toBe('complete');
    expect(head).toMatchObject({ line: 0, bodyLength: 12, end: 6 + HEAD.length });
    expect(bytes.toString('latin1', head.authorizationStart, head.authorizationEnd)).toBe('Bearer key');
    expect(head.read(Buffer.from(HEAD.replace('publish', 'trigger')), 0)).toBe('complete');
    expect(head.line).toBe(1);
  });

  it('may have an idempotency key', () => {
    const head = new RequestHead(TARGETS);
    const keyed = Buffer.from(headWith('IDEMPOTENCY-KEY: a key'));
    expect([head.read(keyed, 0), head.idempotencyKey(keyed)]).toEqual(['complete', 'a key']);
    const empty = Buffer.from(headWith('Idempotency-Key:'));
    expect([head.read(empty, 0), head.idempotencyKey(empty)]).toEqual(['complete', '']);
    expect([head.read(Buffer.from(HEAD), 0), head.idempotencyKey(keyed)]).toEqual(['complete', undefined]);
  });

  it('forgets the one before', () => {
    const head = new RequestHead(TARGETS);
    head.read(Buffer.from(HEAD), 0);
    expect(head.read(Buffer.from('POST /publish HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n'), 0)).toBe(
      'complete',
    );
    expect(head).toMatchObject({ bodyLength: 0, authorizationStart: 0, authorizationEnd: 0 });
  });

  // Node refuses what is longer than 16 KiB: whether it came in one piece or in two made a difference.
  it('is foreign when it is longer than 8 KiB, however it comes', () => {
    const longest = headWith(`X: ${'x'.repeat(8_192 - HEAD.length - 3)}`);
    expect([longest.length, read(longest)]).toEqual([8_192 + 2, 'complete']);
    expect(read(headWith(`X: ${'x'.repeat(8_192 - HEAD.length - 2)}`))).toBe('foreign');
  });

  it('is incomplete wherever it is cut', () => {
    for (let length = 0; length < HEAD.length; length++) {
      expect([length, read(HEAD.slice(0, length))]).toEqual([length, 'incomplete']);
    }
  });

  it.each([
    'host: b:80',
    'CONTENT-LENGTH:\t000012 ',
    'Connection: Keep-Alive',
    'Expected: 100-continue',
    'Upgraded: x',
    'X: \u00e9\u00ff\t!',
    'X:',
    'Transfer-Encodings: chunked',
  ])('may have the header %j', (header) => {
    expect(read(headWith(header))).toBe('complete');
  });

  it.each([
    'Host: a\r\nHost: a',
    'Content-Length: 12\r\nContent-Length: 12',
    'Idempotency-Key: a\r\nidempotency-key: a',
    'Content-Length: ',
    'Content-Length: 12\t',
    'Content-Length: 12 \t ',
    'Content-Length: +1',
    'Content-Length: 1,1',
    'Content-Length: 0x1',
    'Content-Length: 1234567890',
    'Authorization: a\r\nauthorization: b',
    'Transfer-Encoding: chunked',
    'transfer-encoding: identity',
    'Expect: 100-continue',
    'Upgrade: websocket',
    'Connection: close',
    'Connection: keep-alive, upgrade',
    'Proxy-Connection: close',
    'X : space before the colon',
    ' X: folded',
    ': no name',
    'no colon',
    'X: bare\rreturn',
    'X: bare\nline feed',
    'X: nul\0',
    'X: \u007f',
    'X\u00e9: y',
  ])('is foreign with %j', (header) => {
    expect(read(headWith(header))).toBe('foreign');
  });

  it('is foreign without host or length', () => {
    expect(read('POST /publish HTTP/1.1\r\nContent-Length: 1\r\n\r\n')).toBe('foreign');
    expect(read('POST /publish HTTP/1.1\r\nHost: a\r\n\r\n')).toBe('foreign');
    expect(read(HEAD.replace('\r\n\r\n', '\r\n\rX'))).toBe('foreign');
  });

  it.each([
    'GET /publish HTTP/1.1\r\n',
    'POST /publish HTTP/1.0\r\n',
    'POST /publish/ HTTP/1.1\r\n',
    'POST /publish? HTTP/1.1\r\n',
    'post /publish HTTP/1.1\r\n',
    'POST  /publish HTTP/1.1\r\n',
    'POST /publish HTTP/1.1\n',
    '\r\nPOST /publish HTTP/1.1\r\n',
    'GET',
    'X',
  ])('is foreign, as soon as that is known, for %j', (line) => {
    expect(read(line)).toBe('foreign');
  });
});
