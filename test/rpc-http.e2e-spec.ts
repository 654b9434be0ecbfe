import { encode } from '@msgpack/msgpack';
import { parseMessagePack } from '../src/protocol/json/message-pack.js';
import { ALL_FRONTS, KITTEN_SECRET, type KittenRequest, sharedKitten, TOKEN_KEY } from './support/kitten.js';
import type { RawAnswer } from './support/raw-http.js';
import { signToken } from './support/tokens.js';
import { eventually } from './support/wait.js';

const JSON_TYPE = 'application/json';
const PACK = 'application/x-msgpack';
const ERROR = { error: expect.any(String) };

const nobody = (request: KittenRequest = {}): KittenRequest => ({ isService: false, ...request });
const withHeader = (name: string, value: string): KittenRequest => nobody({ headers: { [name]: value } });
const packed = (value: unknown): KittenRequest => ({
  headers: { 'Content-Type': PACK },
  body: Buffer.from(encode(value)),
});
const tokenOf = (claims: object, key = TOKEN_KEY): string => signToken({ algorithm: 'HS256', key, claims });
const texts = ({ chunks }: RawAnswer): string[] => chunks.map(String);

describe.each(ALL_FRONTS)('a call that comes in at %s', (front) => {
  const kitten = sharedKitten(front);
  const lineEnd = (): string => (kitten.prefix === '' ? '\n' : '\r\n');

  describe('is answered', () => {
    it('with a length, in lines that end as those of the request', async () => {
      const { statusLine, lineEnd: end, headers, body } = await kitten.ask('none');
      expect(statusLine).toBe('HTTP/1.1 200 OK');
      expect(end).toBe(lineEnd());
      expect(headers).toMatchObject({ 'Content-Type': JSON_TYPE, 'Content-Length': '5' });
      expect(headers).toMatchObject({ 'Cache-Control': 'no-store' });
      expect(body.toString()).toBe('null\n');
    });

    it('whatever its method, of which only POST brings arguments', async () => {
      for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PURGE'])
        expect(await kitten.json('echo', { value: 1 }, { method })).toEqual([200, { value: null }]);
      expect(await kitten.json('echo', { value: 1 })).toEqual([200, { value: 1 }]);
      const head = await kitten.send('none', { method: 'HEAD', headers: { Connection: 'close' } });
      await head.untilEnded();
      expect(head.text).toMatch(/^HTTP\/1.1 200 OK\r?\n[^]*Content-Length: 5\r?\n[^]*\n\r?\n$/);
    });

    it('in one piece, however large', async () => {
      const { headers, body } = await kitten.ask('big', { json: { size: 3_000_000 } });
      expect(headers['Content-Length']).toBe('3000012');
      expect(body.length).toBe(3_000_012);
    });

    it('on one connection after the other, or the same', async () => {
      const client = await kitten.connect();
      client.request(kitten.requestOf('echo', { json: { value: 1 } }));
      const { headers } = await client.answer();
      if (kitten.prefix === '') {
        expect(headers.Connection).toBe('close');
        await client.untilEnded();
        return;
      }
      client.request(kitten.requestOf('numbers', { json: { n: 1 } }));
      expect(texts(await client.answer())).toEqual(['{"i":0}\n']);
      expect((await client.request(kitten.requestOf('none', {})).answer()).status).toBe(200);
    });
  });

  describe('is allowed', () => {
    it('to anyone when the procedure is public, to who has the secret otherwise', async () => {
      expect((await kitten.ask('meow', nobody())).body.toString()).toBe('Meow\n');
      expect((await kitten.ask('meow')).body.toString()).toBe('Meow\n');
      expect(await kitten.json('none')).toEqual([200, null]);
      expect(await kitten.json('none', undefined, nobody())).toEqual([403, { error: '/none' }]);
      expect(await kitten.json('nosuch', undefined, nobody())).toEqual([403, { error: '/nosuch' }]);
      expect(await kitten.json('nosuch')).toEqual([404, { error: 'Not Found' }]);
      for (const name of ['__proto__', 'constructor', 'toString', 'meow?x=1', '%6Deow', 'MEOW'])
        expect(await kitten.json(name)).toEqual([404, { error: 'Not Found' }]);
    });

    it('by the first part of the path, which the secret may stand before', async () => {
      for (const name of ['meow', 'meow/', 'meow/and/more', 'meow/?q'])
        expect((await kitten.ask(name, nobody())).status).toBe(200);
      const root = `${kitten.prefix}/${KITTEN_SECRET}`;
      for (const path of [root, `${root}/`, `${root}/web_root`, `${root}//x`])
        expect((await kitten.ask('', { path })).headers['Content-Type']).toBe('text/html');
    });

    it('by the secret anywhere in a header, but nowhere else in the path', async () => {
      const headers = [
        ['X-Whatever', KITTEN_SECRET],
        ['Authorization', `Bearer ${KITTEN_SECRET}`],
        ['Cookie', `a=b; c=${KITTEN_SECRET}; d=e`],
        ['Accept', `text/html;q=${KITTEN_SECRET}`],
      ] as const;
      for (const [name, value] of headers)
        expect(await kitten.json('none', undefined, withHeader(name, value))).toEqual([200, null]);
      for (const wrong of [KITTEN_SECRET.slice(1), KITTEN_SECRET.toUpperCase(), 'wrong'])
        expect((await kitten.ask('none', withHeader('X-Whatever', wrong))).status).toBe(403);
      const elsewhere = ['meow/', 'x/', 'meow?', 'x'].map((before) => `${before}${KITTEN_SECRET}`);
      for (const name of [...elsewhere, `${KITTEN_SECRET}x`, `${KITTEN_SECRET}?x`])
        expect(await kitten.json(name, undefined, nobody())).toEqual([404, { error: 'Not Found' }]);
      expect((await kitten.ask('none', nobody({ json: { secret: KITTEN_SECRET } }))).status).toBe(403);
    });

    it('by a token, for whose bearer it is', async () => {
      const bearing = (token: string): KittenRequest => withHeader('Authorization', `Bearer ${token}`);
      expect(await kitten.json('whoami', undefined, bearing(tokenOf({ sub: 7 })))).toEqual([
        200,
        { user_id: 7 },
      ]);
      expect(await kitten.json('nosuch', undefined, bearing(tokenOf({ sub: 7 })))).toEqual([
        404,
        { error: 'Not Found' },
      ]);
      expect((await kitten.ask('config', bearing(tokenOf({ sub: 7 })))).status).toBe(404);
      const expired = tokenOf({ sub: 7, exp: 1 });
      for (const token of ['nonsense', expired, tokenOf({ sub: 7 }, 'another key'), tokenOf({ sub: 0 })]) {
        const { statusLine, headers, body } = await kitten.ask('meow', bearing(token));
        expect(statusLine).toBe('HTTP/1.1 401 Unauthorized');
        expect(headers['WWW-Authenticate']).toBe('Bearer error="invalid_token"');
        expect(body.toString()).toBe('{"error":"Authentication failed."}\n');
      }
      expect((await kitten.ask('meow', withHeader('Authorization', 'Basic eDp5'))).status).toBe(200);
    });

    it('knowing who calls, how and from where', async () => {
      const peer = front === 'a Unix socket' ? 'unix-domain' : expect.stringMatching(/^127\.0\.0\.1:\d+$/);
      const seen = { method: 'GET', path: '/inspect/x', peer };
      expect(await kitten.json('inspect/x')).toEqual([200, { ...seen, isAuthenticated: true }]);
      expect(await kitten.json('inspect/x', undefined, nobody())).toEqual([
        200,
        { ...seen, isAuthenticated: false },
      ]);
    });
  });

  describe('brings arguments', () => {
    it('by name and by position, in JSON', async () => {
      const calls: [string, unknown, unknown][] = [
        ['list', { a: 1, b: 2, c: 3 }, [1, 2, 3]],
        ['list', { _args: [1, 2] }, [1, 2, 'three']],
        ['list', { _args: [1], b: [{}] }, [1, [{}], 'three']],
        ['list', { _args: null, a: 0, b: '' }, [0, '', 'three']],
        ['named', { x: 1 }, { x: 1 }],
        ['number', { n: '0x10' }, 16],
        ['number', { _args: ['-0b11'] }, -3],
        ['echo', { value: '0x10' }, { value: '0x10' }],
      ];
      for (const [name, given, result] of calls)
        expect(await kitten.json(name, given)).toEqual([200, result]);
    });

    it('that must be those of the procedure', async () => {
      const calls: [string, unknown, number][] = [
        ['list', { _args: [1] }, 500],
        ['list', { _args: [1, 2, 3, 4] }, 500],
        ['list', { _args: [1, 2], a: 1 }, 500],
        ['echo', { nope: 1 }, 500],
        ['named', { _args: [1] }, 500],
        ['number', {}, 500],
        ['number', { n: 'elephant' }, 500],
        ['number', { n: null }, 400],
        ['text', { s: 5 }, 400],
      ];
      for (const [name, given, status] of calls)
        expect(await kitten.json(name, given)).toEqual([status, ERROR]);
      expect((await kitten.json('number', { n: 'x' }))[1]).toEqual({
        error: "invalid literal for int() with base 10: 'x'",
      });
    });

    // Bodies of a megabyte held up everybody for seconds, and took a hundred.
    it.each<[string, string | Buffer, string, string]>([
      ['digits in JSON', `{"n":${'7'.repeat(1_000_000)}}`, JSON_TYPE, 'a number of more than 1000 digits'],
      ['lists in JSON', `{"n":[${'[],'.repeat(300_000)}[]]}`, JSON_TYPE, 'more than 100000 objects'],
      [
        'maps in MessagePack',
        Buffer.concat([Buffer.from('81a16edd000f4240', 'hex'), Buffer.alloc(1_000_000, 0x80)]),
        'application/x-msgpack',
        'more than 100000 objects',
      ],
      [
        'digits in MessagePack',
        Buffer.concat([Buffer.from('81a16ec9000f424001', 'hex'), Buffer.alloc(1_000_000, 'f')]),
        'application/x-msgpack',
        'a number of more than 1000 digits',
      ],
      [
        'fields of a form',
        'n&'.repeat(100_001),
        'application/x-www-form-urlencoded',
        'more than 100000 objects',
      ],
    ])('with 400 for a million %s', async (_, body, type, problem) => {
      const answer = await kitten.ask('echo', { headers: { 'Content-Type': type }, body });
      expect([answer.status, answer.body.toString('latin1')]).toEqual([
        400,
        expect.stringContaining(`the body is too large: ${problem}`),
      ]);
    });

    it('with integers of up to a thousand digits, and bytes', async () => {
      const digits = '1234567890'.repeat(100);
      const square = await kitten.ask('square', {
        headers: { 'Content-Type': JSON_TYPE },
        body: `{"n": ${digits}}`,
      });
      expect(square.body.toString()).toBe(`{"n":${digits},"square":${BigInt(digits) ** 2n}}\n`);
      expect(await kitten.json('echo', { value: [{ __base64__: 'AAE=' }, { __bytes__: 'é' }] })).toEqual([
        200,
        { value: [{ __base64__: 'AAE=' }, { __base64__: 'w6k=' }] },
      ]);
      expect(await kitten.json('binary')).toEqual([200, { bytes: { __base64__: 'AAH/' } }]);
    });

    it('in MessagePack, and then the result is MessagePack', async () => {
      const value = { list: [1, -1, 2n ** 40n, 1.5, null, 'é'], bytes: new Uint8Array([0, 255]) };
      const { headers, body } = await kitten.ask('echo', {
        headers: { 'Content-Type': `${PACK}; charset=x` },
        body: Buffer.from(encode({ value }, { useBigInt64: true })),
      });
      expect(headers['Content-Type']).toBe(PACK);
      expect(parseMessagePack(body)).toEqual({
        value: { list: [1, -1, 2 ** 40, 1.5, null, 'é'], bytes: Buffer.from([0, 255]) },
      });
      const big = await kitten.ask('square', packed({ _args: [`0x${'f'.repeat(32)}`] }));
      const n = 2n ** 128n - 1n;
      expect(parseMessagePack(big.body)).toEqual({ n, square: n ** 2n });
      expect(parseMessagePack((await kitten.ask('boom', packed({}))).body)).toMatchObject({ error: 'Boom' });
      expect(parseMessagePack((await kitten.ask('none', { headers: { Accept: PACK } })).body)).toBe(null);
      expect((await kitten.ask('meow', packed({}))).headers['Content-Type']).toBe('text/plain');
    });

    it('in a form', async () => {
      const form = (body: string): KittenRequest => ({
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body,
      });
      const calls: [string, string, unknown][] = [
        ['list', 'a=1&b=two+words&c=%C3%A9', ['1', 'two words', 'é']],
        ['list', '_args=1&_args=2&c=&c=', ['1', '2', 'three']],
        ['echo', '_args=1', { value: '1' }],
        ['echo', 'value=1&value=&value=2', { value: ['1', '2'] }],
        ['echo', '', { value: null }],
        ['number', 'n=0x10', 16],
      ];
      for (const [name, body, result] of calls)
        expect(await kitten.json(name, undefined, form(body))).toEqual([200, result]);
    });

    it('of no other type, but of none if it looks like JSON', async () => {
      const bare = { body: '{"value": 7}' };
      expect(await kitten.json('echo', undefined, bare)).toEqual([200, { value: 7 }]);
      expect(await kitten.json('echo', undefined, { body: 'value=7' })).toEqual([200, { value: null }]);
      expect(await kitten.json('echo', undefined, { body: '' })).toEqual([200, { value: null }]);
      for (const type of ['text/plain', 'application/xml', 'nonsense'])
        expect(await kitten.json('echo', undefined, { ...bare, headers: { 'Content-Type': type } })).toEqual([
          200,
          { value: null },
        ]);
      for (const name of ['content-type', 'CONTENT-TYPE'])
        expect(
          await kitten.json('echo', undefined, {
            ...bare,
            headers: { [name]: 'Application/JSON; charset=utf-8' },
          }),
        ).toEqual([200, { value: 7 }]);
    });

    it('that can be read, else it is an error without a trace of the code', async () => {
      const bodies: [string, string | Buffer][] = [
        ...['', '{', '[1]', '"x"', '5', 'null', '{"_args":{}}', '{"_args":"ab"}', '[', '{"a":\u0001}'].map(
          (body): [string, string] => [JSON_TYPE, body],
        ),
        [JSON_TYPE, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
        [JSON_TYPE, '{"__bytes__":"x"}'],
        [JSON_TYPE, '['.repeat(100_000)],
        [PACK, ''],
        [PACK, Buffer.from([0xc1])],
        [PACK, Buffer.from([0x91, 1])],
        [PACK, Buffer.from([0x81, 0xa1])],
        [PACK, Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff])],
      ];
      for (const [type, body] of bodies) {
        const answer = await kitten.ask('echo', { headers: { 'Content-Type': type }, body });
        expect([answer.status, JSON.parse(answer.body.toString())]).toEqual([400, ERROR]);
      }
    });

    it('but no descriptors that did not come', async () => {
      const refused = [500, { error: 'Cannot send file descriptors over TCP' }];
      for (const given of [
        { _args: ['_FD_BRE_MAGIC_-r'] },
        { _args: ['_SO_BRE_MAGIC_-1-1-0'] },
        { _args: [1], reply_to_first_fd: 0 },
      ])
        expect(await kitten.json('echo', given)).toEqual(refused);
      expect(await kitten.json('echo', { value: '_FD_BRE_MAGIC_-r' })).toMatchObject([200, {}]);
    });
  });

  describe('has a result', () => {
    it('that may have a type and a status of its own', async () => {
      const teapot = await kitten.ask('teapot');
      expect(teapot.statusLine).toBe('HTTP/1.1 418 Unknown');
      expect(teapot.headers['Content-Type']).toBe('text/plain');
      expect(teapot.body.toString()).toBe('short and stout');
      expect((await kitten.ask('page')).body.toString()).toBe('{"a":1}\n');
      expect(await kitten.json('told')).toEqual([200, null]);
    });

    it('or a failure, traced for who may know', async () => {
      expect(await kitten.json('boom', undefined, nobody())).toEqual([500, { error: 'Boom' }]);
      expect(await kitten.json('boom')).toEqual([
        500,
        { error: 'Boom', traceback: expect.stringMatching('Boom\n') },
      ]);
      expect((await kitten.ask('boom')).statusLine).toBe('HTTP/1.1 500 Internal Error');
      expect(await kitten.json('cycle')).toEqual([500, expect.objectContaining(ERROR)]);
      expect(await kitten.json('odd')).toEqual([500, { error: { why: [1] } }]);
    });

    it('or a refusal', async () => {
      expect(await kitten.json('denied', undefined, nobody())).toEqual([
        403,
        { error: 'No kittens allowed' },
      ]);
      expect((await kitten.ask('denied', packed({}))).headers['Content-Type']).toBe(JSON_TYPE);
      expect(await kitten.json('forbidden')).toEqual([403, { error: 'Not for you' }]);
      expect(await kitten.json('need')).toEqual([
        423,
        {
          error: 'Need a password',
          resource: 'vault',
          needed_vars: [{ name: 'password', type: 'password', default: null, comment: 'Say' }],
        },
      ]);
      expect(await kitten.json('need_more')).toEqual([
        423,
        {
          error: 'Need more',
          resource: false,
          needed_vars: [{ name: 'x', type: null, default: null, comment: null }],
        },
      ]);
      expect((await kitten.ask('need')).statusLine).toBe('HTTP/1.1 423 Locked');
    });

    it('or is to be found elsewhere', async () => {
      const { statusLine, headers, body } = await kitten.ask('elsewhere');
      expect(statusLine).toBe('HTTP/1.1 302 Found');
      expect(headers.Location).toBe('/m%C3%A9ow?a=b%20c');
      expect(JSON.parse(body.toString())).toEqual({ redirect: '/méow?a=b c' });
    });

    it('that a raw procedure writes by itself', async () => {
      const { headers, body } = await kitten.ask('handmade');
      expect(headers['Content-Type']).toBe('text/x-raw');
      expect(body.toString()).toBe('raw bytes');
      expect((await kitten.ask('handed_over')).body.toString()).toBe('later');
      expect(await kitten.json('told_raw')).toEqual([200, 'as any other']);
      expect(await kitten.json('handmade', undefined, nobody())).toEqual([403, { error: '/handmade' }]);
      expect(await kitten.json('explode', undefined, nobody())).toEqual([500, { error: 'Raw boom' }]);
      const half = await kitten.send('explode_late');
      await half.untilEnded();
      expect((await half.answer()).isTerminated).toBe(false);
    });
  });

  describe('has a stream of results', () => {
    it('as a chunk for each, and an empty one at the end', async () => {
      const {
        statusLine,
        headers,
        lineEnd: end,
        chunks,
        isTerminated,
      } = await kitten.ask('numbers', {
        json: { n: '2', last: [] },
      });
      expect([statusLine, end]).toEqual(['HTTP/1.1 200 OK', lineEnd()]);
      expect(headers).toMatchObject({ 'Content-Type': JSON_TYPE, 'Transfer-Encoding': 'chunked' });
      expect(headers['Content-Length']).toBeUndefined();
      expect(chunks.map(String)).toEqual(['{"i":0}\n', '{"i":1}\n', '[]\n']);
      expect(isTerminated).toBe(true);
    });

    it('in MessagePack, as lines, or as events, as the caller accepts', async () => {
      const asked = (accept: string): KittenRequest => ({ headers: { Accept: accept } });
      const pack = await kitten.ask('mixed', asked(`text/html, ${PACK}`));
      expect(pack.headers['Content-Type']).toBe(PACK);
      expect(pack.chunks.map((chunk) => parseMessagePack(chunk))).toEqual([
        'text',
        { a: 1 },
        [null],
        Buffer.from('x'),
      ]);
      const lines = await kitten.ask('mixed', asked('application/x-ndjson'));
      expect(lines.headers['Content-Type']).toBe('application/x-ndjson');
      expect(texts(lines)).toEqual(['"text"\n', '{"a":1}\n', '[null]\n', '{"__base64__":"eA=="}\n']);
      const events = await kitten.ask('mixed', asked('text/event-stream'));
      expect(events.headers['Content-Type']).toBe('text/event-stream');
      expect(texts(events)).toEqual(texts(lines).map((line) => `data: ${line}\n`));
      const failing = await kitten.ask('failing', nobody(asked('text/event-stream')));
      expect(texts(failing)).toEqual(['data: {"i":0}\n\n', 'event: error\ndata: {"error":"Ran out"}\n\n']);
      expect(await kitten.json('none', undefined, asked('text/event-stream'))).toEqual([200, null]);
    });

    it('that may be empty, or of nothing', async () => {
      const empty = await kitten.ask('empty');
      expect([empty.status, empty.headers['Content-Type'], empty.isTerminated]).toEqual([
        200,
        JSON_TYPE,
        true,
      ]);
      expect(empty.chunks).toEqual([]);
      const nulls = await kitten.ask('nulls');
      expect([texts(nulls), nulls.isTerminated]).toEqual([['null\n', 'null\n', '1\n'], true]);
    });

    it('that may fail: then the error is the last chunk, and there is no empty one', async () => {
      const { statusLine, chunks, isTerminated } = await kitten.ask('failing', nobody());
      expect(statusLine).toBe('HTTP/1.1 200 OK');
      expect(chunks.map(String)).toEqual(['{"i":0}\n', '{"error":"Ran out"}\n']);
      expect(isTerminated).toBe(false);
      const traced = await kitten.ask('failing', packed({}));
      expect(parseMessagePack(traced.chunks[1]!)).toEqual({
        error: 'Ran out',
        traceback: expect.any(String),
      });
      const late = await kitten.ask('late');
      expect(late.chunks.map((chunk) => JSON.parse(String(chunk)) as unknown)).toEqual([{ i: 0 }, ERROR]);
      expect(late.isTerminated).toBe(false);
    });

    it('that may fail before the first: then it is an answer as any other', async () => {
      expect(await kitten.json('failing_first')).toEqual([
        500,
        expect.objectContaining({ error: 'Ran out' }),
      ]);
      for (const [finished, status] of [
        [404, 404],
        [423, 423],
        [418, 500],
        ['x', 500],
      ])
        expect(await kitten.json('error_first', { finished })).toEqual([
          status,
          { error: 'Nope', resource: 'vault', needed_vars: [] },
        ]);
      const pack = await kitten.ask('error_first', packed({ finished: 403 }));
      expect([pack.status, pack.headers['Content-Type']]).toEqual([403, PACK]);
    });

    it('that may have a type of its own', async () => {
      const { status, headers, chunks, isTerminated } = await kitten.ask('texts', packed({}));
      expect([status, headers['Content-Type'], isTerminated]).toEqual([201, 'text/plain', true]);
      expect(chunks.map(String)).toEqual(['one\n', 'two\n', 'three\n']);
    });

    it('that may be events', async () => {
      const { headers, chunks, isTerminated } = await kitten.ask('events');
      expect([headers['Content-Type'], isTerminated]).toEqual(['text/event-stream', true]);
      expect(chunks.map(String)).toEqual([
        'event: hello\ndata: a\ndata: b\n\n',
        'id: 1\nretry: 5\ndata: {"i":1}\n\n',
        'data: text\n\n',
      ]);
      const failing = await kitten.ask('events_failing');
      expect(texts(failing)).toEqual([
        'data: hi\n\n',
        expect.stringMatching(/^event: error\ndata: \{"error":"Ran out","traceback":".*\}\n\n$/),
      ]);
      expect(failing.isTerminated).toBe(false);
    });

    it('of which each is sent when it is there', async () => {
      const client = await kitten.send('silence');
      expect(texts(await client.chunks(1))).toEqual(['"first"\n']);
      client.stop();
      await eventually(() => kitten.live.size === 0);
    });
  });

  describe('ends within a second when its caller goes away', () => {
    it.each(['hang', 'trickle', 'silence', 'flood'])('while it does this: %s', async (name) => {
      const client = await kitten.send(name, { json: {} });
      if (name === 'flood') client.socket.pause();
      await eventually(() => kitten.live.size === 1);
      if (name !== 'hang' && name !== 'flood') await client.chunks(1);
      client.stop();
      await eventually(() => kitten.live.size === 0, { timeoutMs: 1000, what: 'the end of the call' });
    });

    it('after a PUT whose body nobody reads', async () => {
      const client = await kitten.send('hang', { method: 'PUT', body: 'x'.repeat(500_000) });
      await eventually(() => kitten.live.size === 1);
      client.stop();
      await eventually(() => kitten.live.size === 0, { timeoutMs: 1000, what: 'the end of the call' });
    });
  });
});
