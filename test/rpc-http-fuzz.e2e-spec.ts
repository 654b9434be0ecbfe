import { jest } from '@jest/globals';
import { encode } from '@msgpack/msgpack';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Pool } from 'undici';
import { parseMessagePack } from '../src/protocol/json/message-pack.js';
import { fuzz, FUZZ_TIMEOUT_MS } from './fuzz/fuzz-run.js';
import { anyObject, anyValue } from './support/any-value.js';
import type { Chance } from './support/chance.js';
import { KITTEN_SECRET, sharedKitten } from './support/kitten.js';
import { requestBytes } from './support/raw-http.js';

const BATCHES = 4;
const BATCH = 1_000;
const AT_A_TIME = 32;
const ENOUGH_BYTES = 1 << 20;
const PROCEDURES = [
  'echo',
  'list',
  'named',
  'number',
  'text',
  'square',
  'numbers',
  'ping',
  'help',
  'metrics',
];
const FORM = 'value=1&_args=2&_args=%22&n=0x10&s=caf%C3%A9&a=&b=x+y&__proto__=1&x=%zz';

/** What means something in what is damaged with it. */
const SIGNS = [
  '\n',
  '\r',
  '\r\n',
  '\n\n',
  ':',
  ' ',
  '/',
  '\0',
  '0',
  '-1',
  'ffffffff',
  '\x80',
  'HTTP/1.1',
  KITTEN_SECRET,
];
const JSON_SIGNS = [
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  '\\u',
  ',',
  '1e999',
  '9'.repeat(40),
  '['.repeat(600),
  '_args',
];
const FORM_SIGNS = ['&', '=', '%', '+', '_args=', ';'];
const LINES = [
  'Content-Length: 5',
  'Transfer-Encoding: chunked',
  'Upgrade: websocket\r\nConnection: Upgrade',
];
const PACKED = ['dd00ffff', 'c70301', '81a576', 'c1'].map((hex) => Buffer.from(hex, 'hex'));

/** Runs a batch of tasks, some at a time. */
async function everyOne(run: () => Promise<void>): Promise<void> {
  let left = BATCH;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await run();
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
}

/** Of an answer: a stream of all numbers, which somebody may ask for, has no end. */
async function beginningOf(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    if ((size += chunk.length) > ENOUGH_BYTES) break;
  }
  return Buffer.concat(chunks);
}

jest.setTimeout(FUZZ_TIMEOUT_MS);

describe('fuzz:', () => {
  const kitten = sharedKitten('the gateway');
  let pool: Pool;
  beforeAll(() => {
    const limits = { headersTimeout: 5_000, bodyTimeout: 5_000 };
    pool = new Pool(`http://127.0.0.1:${kitten.port}`, { connections: AT_A_TIME, ...limits });
  });
  afterAll(() => pool.close());
  afterEach(async () => {
    for (const name of ['value', 'a', '__base64__']) expect(name in {}).toBe(false);
    expect((await kitten.ask('none')).status).toBe(200);
  });

  /** @returns the statuses that there were. */
  async function statusesOf(
    target: string,
    type: string,
    signs: readonly (string | Buffer)[],
    make: (chance: Chance) => Buffer,
  ): Promise<number[]> {
    const statuses = new Set<number>();
    const ask = async (chance: Chance): Promise<void> => {
      const body = chance.damaged(make(chance), signs);
      const path = `/rpc/${KITTEN_SECRET}/${chance.of(PROCEDURES)}`;
      const answer = await pool.request({ method: 'POST', path, headers: { 'content-type': type }, body });
      const bytes = await beginningOf(answer.body);
      statuses.add(answer.statusCode);
      if (answer.headers['transfer-encoding'] !== undefined) return;
      if (answer.headers['content-type'] === 'application/json') JSON.parse(String(bytes));
      if (answer.headers['content-type'] === 'application/x-msgpack') parseMessagePack(bytes);
    };
    await fuzz(target, BATCHES, (chance) => everyOne(() => ask(chance)));
    return [...statuses].toSorted();
  }

  it('json bodies of calls are all answered', async () => {
    const make = (chance: Chance): Buffer =>
      Buffer.from(JSON.stringify(chance.below(10) === 0 ? anyValue(chance) : anyObject(chance)));
    expect(await statusesOf('json', 'application/json', JSON_SIGNS, make)).toEqual([200, 400, 500]);
  });

  it('messagepack bodies of calls are all answered', async () => {
    const make = (chance: Chance): Buffer =>
      Buffer.from(encode(chance.below(10) === 0 ? anyValue(chance) : anyObject(chance)));
    expect(await statusesOf('messagepack', 'application/x-msgpack', PACKED, make)).toEqual([200, 400, 500]);
  });

  it('forms for calls are all answered', async () => {
    const make = (): Buffer => Buffer.from(FORM);
    const statuses = await statusesOf('forms', 'application/x-www-form-urlencoded', FORM_SIGNS, make);
    expect([200, 400, 500]).toEqual(expect.arrayContaining(statuses));
  });

  it('requests are answered or refused, and never hang, whatever they look like', async () => {
    const signs = [...SIGNS, ...LINES.map((line) => `${line}\r\n`)];
    let answered = 0;
    let asked = 0;
    const ask = async (chance: Chance): Promise<void> => {
      asked++;
      const call = chance.below(2) === 0 ? { json: anyObject(chance) } : { isService: false };
      const request = requestBytes(kitten.requestOf(chance.of(PROCEDURES), call));
      const socket = connect({ port: kitten.port, host: '127.0.0.1', noDelay: true });
      let received = 0;
      socket
        .on('error', () => undefined)
        .on('data', (bytes) => {
          if ((received += bytes.length) > ENOUGH_BYTES) socket.destroy();
        });
      socket.setTimeout(10_000, () => socket.destroy(new Error('it hangs')));
      socket.end(chance.damaged(request, signs));
      await once(socket, 'close');
      if (received > 0) answered++;
    };
    await fuzz('requests', BATCHES, (chance) => everyOne(() => ask(chance)));
    expect(answered).toBeGreaterThan(asked / 2);
  });
});
