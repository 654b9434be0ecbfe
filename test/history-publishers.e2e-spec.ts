import { BrokerError } from '../src/broker/broker.error.js';
import { BROKER, type Broker } from '../src/broker/broker.js';
import { Kittiwake } from '../src/kittiwake.js';
import { publishRequest, HttpSocket } from './support/http-socket.js';
import { API_KEY } from './support/gateway.js';
import { stageOfFile } from './support/topics.js';

const POSITION = expect.stringMatching(/^[\w-]+\.\d+$/) as string;

const stage = stageOfFile(() => ({
  publish: { maxBatch: 10, maxBodyBytes: 300 },
  services: {
    books: { requireAuthentication: false, history: { size: 5, ttl: '1m' } },
    plain: { requireAuthentication: false, filterFields: ['idempotency_key'] },
  },
}));

/** Status and body of the answer to a publish request. */
async function published(body: unknown, key?: string): Promise<[number, Record<string, unknown>]> {
  const response = await stage.gateway.publish(body, key === undefined ? {} : { 'Idempotency-Key': key });
  return [response.status, (await response.json()) as Record<string, unknown>];
}

const book = (data: unknown, more: object = {}): object => ({ subscription: 'books.1', data, ...more });

describe('a publication with an idempotency key', () => {
  it('is published once, however often and in whichever way it comes', async () => {
    const client = await stage.subscriber('books.1');
    const [status, first] = await published(book('a'), 'once');
    expect([status, first]).toEqual([200, { status: 'ok', position: POSITION }]);
    const repeated = { ...first, repeated: true };
    expect(await published(book('a'), 'once')).toEqual([200, repeated]);
    expect(await published(book('a', { idempotency_key: 'once' }))).toEqual([200, repeated]);
    const [, { results }] = await published([book('a', { idempotency_key: 'once' }), book('b')]);
    expect(results).toEqual([repeated, { status: 'ok', position: POSITION }]);
    const again = await stage.gateway.app.get(Kittiwake).publish('books.1', 'a', { idempotencyKey: 'once' });
    expect(again).toEqual({ position: first.position, isRepeated: true });
    expect(await client.settled()).toMatchObject([{ data: 'a' }, { data: 'b' }]);
    expect(await stage.gateway.metric('kittiwake_history_repeats_total')).toBe(4);
  });

  it('is another one under another topic', async () => {
    const [, first] = await published(book(1), 'topic');
    const [, second] = await published(book(1, { subscription: 'books.2' }), 'topic');
    expect(first).not.toHaveProperty('repeated');
    expect(second).not.toHaveProperty('repeated');
  });

  it('is known again on a connection that only publishes', async () => {
    const socket = await HttpSocket.connect(stage.gateway.port);
    const text = JSON.stringify(book('a'));
    const keyed = publishRequest(text, '/publish', 'idempotency-KEY:  fast \r\n');
    socket.send(keyed + keyed + publishRequest(text));
    const answers: unknown[] = [];
    for (let i = 0; i < 3; i++) answers.push(JSON.parse((await socket.response()).body));
    socket.stop();
    const { position } = answers[0] as { position: string };
    expect(answers).toEqual([
      { status: 'ok', position },
      { status: 'ok', position, repeated: true },
      { status: 'ok', position: POSITION },
    ]);
    expect(await published(book('a'), 'fast')).toEqual([200, { status: 'ok', position, repeated: true }]);
  });

  it.each([
    ['', book(1), 'an idempotency key must be a text of 1 to 255 characters'],
    ['x'.repeat(256), book(1), 'an idempotency key must be a text of 1 to 255 characters'],
    [undefined, book(1, { idempotency_key: 5 }), 'an idempotency key must be a text of 1 to 255 characters'],
    ['a', book(1, { idempotency_key: 'b' }), '"idempotency_key" is another one than that of the request'],
    [
      'a',
      [book(1)],
      'Idempotency-Key is for one item: in a list, each may have an "idempotency_key" of its own',
    ],
  ])('is refused with the header %j and %j', async (key, body, error) => {
    expect(await published(body, key)).toEqual([400, { status: 'error', error }]);
  });

  it('of a service without a history has no meaning, and its key may be a filter field', async () => {
    const client = await stage.subscriber('plain.1');
    const plain = { subscription: 'plain.1', data: 1, idempotency_key: 5 };
    for (let i = 0; i < 2; i++) expect(await published(plain, 'x')).toEqual([200, { status: 'ok' }]);
    await published({ ...plain, idempotency_key: null });
    expect(await client.settled()).toMatchObject([{ data: 1 }]);
    const made = await stage.gateway.app.get(Kittiwake).publish('plain.1', 1, { idempotencyKey: 'x' });
    expect(made).toEqual({ isRepeated: false });
  });
});

/** Status and text of the answer to a request for a history. */
async function historyText(query: Record<string, string>, key = API_KEY): Promise<[number, string]> {
  const url = `${stage.gateway.httpUrl}/history?${new URLSearchParams(query).toString()}`;
  const response = await fetch(url, { headers: { Authorization: `Bearer ${key}` } });
  return [response.status, await response.text()];
}

async function historyOf(subscription: string, query: object = {}): Promise<Record<string, unknown>> {
  const [status, text] = await historyText({ subscription, ...query });
  expect(status).toBe(200);
  return JSON.parse(text) as Record<string, unknown>;
}

/** Publishes to a topic, one after another. @returns their positions. */
async function publishEach(subscription: string, data: readonly unknown[]): Promise<string[]> {
  const positions: string[] = [];
  for (const one of data) {
    const [, { position }] = await published({ subscription, data: one });
    positions.push(position as string);
  }
  return positions;
}

describe('what is kept of a topic', () => {
  it('is read from the latest, or after a position, and has data as it was published', async () => {
    const data = String.raw`{"b":1.0,"a":[1e400,12345678901234567890,"\u00e9\/"]}`;
    const time = '"published_at":"2026-11-20T05:01:56+00:00"';
    const [, { position: first }] = await published(`{"subscription":"books.read","data":0}`);
    const [, { position }] = await published(
      `{"published_at":"2026-11-20T05:01:56Z","data": ${data} ,"subscription":"books.read"}`,
    );
    const item = `{"position":"${String(position)}","data":${data},${time}}`;
    const answer = `{"status":"ok","position":"${String(position)}","complete":true,"publications":[${item}]}`;
    expect(await historyText({ subscription: 'books.read', limit: '1' })).toEqual([200, answer]);
    expect(await historyText({ subscription: 'books.read', since: first as string })).toEqual([200, answer]);
    expect(await stage.gateway.metric('kittiwake_history_reads_total', { reason: 'request' })).toBe(2);
  });

  it('is read page by page', async () => {
    const positions = await publishEach('books.pages', [0, 1, 2, 3]);
    const item = (at: number): object => ({ position: positions[at], data: at });
    const page = { status: 'ok', position: positions[3], complete: true };
    expect(await historyOf('books.pages', { since: positions[0], limit: 2 })).toEqual({
      ...page,
      publications: [item(1), item(2)],
    });
    expect(await historyOf('books.pages', { since: positions[3] })).toEqual({ ...page, publications: [] });
    expect(await historyOf('books.pages', { limit: 2 })).toEqual({
      ...page,
      publications: [item(2), item(3)],
    });
  });

  it('comes in parts that are no larger than a request may be', async () => {
    const long = ['a', 'b', 'c'].map((letter) => letter.repeat(120));
    const positions = await publishEach('books.long', [0, ...long]);
    const dataOf = async (query: object): Promise<unknown[]> =>
      ((await historyOf('books.long', query)).publications as { data: unknown }[]).map(({ data }) => data);
    expect(await dataOf({ since: positions[0] })).toEqual([long[0]]);
    expect(await dataOf({})).toEqual([long[2]]);
  });

  it('is empty before the first publication, which has the next position', async () => {
    const { position: since, ...rest } = await historyOf('books.empty');
    expect(rest).toEqual({ status: 'ok', complete: true, publications: [] });
    const [position] = await publishEach('books.empty', ['a']);
    expect(await historyOf('books.empty', { since })).toMatchObject({
      position,
      publications: [{ position, data: 'a' }],
    });
  });

  it('is said to be incomplete when not all that came after the position is kept', async () => {
    const positions = await publishEach('books.many', [0, 1, 2, 3, 4, 5, 6]);
    const lost = { status: 'ok', position: positions.at(-1), complete: false, publications: [] };
    for (const since of [positions[0], 'gone.1', 'none', ''])
      expect([since, await historyOf('books.many', { since })]).toEqual([since, lost]);
  });

  it.each([
    [{}, 400, '"subscription" is missing'],
    [{ subscription: 'books.1', limit: '0' }, 400, '"limit" must be a whole number from 1 to 10'],
    [{ subscription: 'books.1', limit: '11' }, 400, '"limit" must be a whole number from 1 to 10'],
    [{ subscription: 'books.1', limit: '1e1' }, 400, '"limit" must be a whole number from 1 to 10'],
    [{ subscription: 'books.1', since: 'x'.repeat(65) }, 400, '"since" must be a position'],
    [{ subscription: 'plain.1' }, 404, expect.stringContaining('keeps a history')],
    [{ subscription: 'nothing.1' }, 404, expect.stringContaining('keeps a history')],
    [{ subscription: 'books' }, 404, expect.stringContaining('keeps a history')],
  ])('is not read with %j: %d', async (query, status, error) => {
    const [answered, text] = await historyText(query);
    expect([answered, JSON.parse(text)]).toEqual([status, { status: 'error', error }]);
  });

  it('cannot be read while the broker cannot be reached', async () => {
    const { history } = stage.gateway.app.get<Broker>(BROKER, { strict: false });
    history.read = () => Promise.reject(new BrokerError('gone'));
    const [status, text] = await historyText({ subscription: 'books.1' });
    Reflect.deleteProperty(history, 'read');
    expect([status, JSON.parse(text)]).toEqual([
      503,
      { status: 'error', error: 'the broker is not available' },
    ]);
  });

  it('is for who has an API key', async () => {
    expect((await historyText({ subscription: 'books.1' }, 'wrong'))[0]).toBe(401);
  });

  it('is read in process', async () => {
    const positions = await publishEach('books.process', ['a', 12]);
    const kittiwake = stage.gateway.app.get(Kittiwake);
    expect(await kittiwake.history('books.process', { since: positions[0]! })).toEqual({
      position: positions[1],
      isComplete: true,
      publications: [{ position: positions[1], data: 12, text: '12', publishedAt: undefined }],
    });
    await expect(kittiwake.history('plain.1')).rejects.toThrow('keeps a history');
  });
});
