import { Kittiwake } from '../src/kittiwake.js';
import { publishRequest, HttpSocket } from './support/http-socket.js';
import { stageOfFile } from './support/topics.js';

const POSITION = expect.stringMatching(/^[\w-]+\.\d+$/) as string;

const stage = stageOfFile(() => ({
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
