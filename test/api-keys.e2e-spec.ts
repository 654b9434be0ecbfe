import { connect } from 'node:net';
import { hashedKey } from '../src/base/bearer-keys.js';
import { TestClient } from './support/client.js';
import { TestGateway } from './support/gateway.js';

const KEYS = ['all', 'hashed', 'orders', 'rooms', 'reader', 'guard', 'ordersReader'] as const;
type KeyName = (typeof KEYS)[number];
/** Random keys have this form. */
const keyOf = (name: KeyName): string => `kwk_${name.padEnd(20, '0')}`;

const OK = { status: 'ok' };
const error = (text: string): object => ({ status: 'error', error: text });

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await TestGateway.start({
    services: {
      orders: { requireAuthentication: false },
      books: { requireAuthentication: false, history: {} },
    },
    rooms: { api: { url: 'http://127.0.0.1:1/' } },
    publish: {
      apiKeys: [keyOf('all'), hashedKey(keyOf('hashed'))],
      keys: {
        'orders-app': { key: hashedKey(keyOf('orders')), services: ['orders'] },
        rooms: { key: keyOf('rooms'), rooms: [{ target: 'message', customer: '*' }, { target: 'news' }] },
        reader: { key: hashedKey(keyOf('reader')), may: ['read'] },
        guard: { key: hashedKey(keyOf('guard')), may: ['disconnect', 'revoke'] },
        'orders-reader': { key: keyOf('ordersReader'), may: ['read'], services: ['orders'] },
      },
    },
  });
});
afterAll(() => gateway.stop());

async function asked(key: KeyName, path: string, body?: unknown): Promise<[number, unknown]> {
  const response = await fetch(gateway.httpUrl + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { Authorization: `Bearer ${keyOf(key)}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return [response.status, await response.json()];
}

const statuses = (text: string): readonly string[] => text.match(/(?<=HTTP\/1.1 )\d+/g) ?? [];
const statusOf = async (...question: Parameters<typeof asked>): Promise<number> =>
  (await asked(...question))[0];
const publication = (subscription: string): object => ({ subscription, data: 1 });
const trigger = (...rooms: object[]): object => ({ rooms, data: 1 });

describe('an API key', () => {
  it('is known by its hash', async () => {
    expect(await asked('hashed', '/publish', publication('orders.1'))).toEqual([200, OK]);
    const response = await gateway.publish(publication('orders.1'), {
      Authorization: `Bearer ${hashedKey(keyOf('hashed'))}`,
    });
    expect(response.status).toBe(401);
  });

  it('may do everything unless the configuration says what', async () => {
    for (const key of ['all', 'hashed'] as const) {
      expect(await statusOf(key, '/trigger', trigger({ any: 1 }))).toBe(200);
      expect(await statusOf(key, '/history?subscription=books.1')).toBe(200);
      expect(await statusOf(key, '/connections')).toBe(200);
      expect(await statusOf(key, '/disconnect', { topic: 'orders.1' })).toBe(200);
    }
  });

  it('with services publishes to their topics alone, and says what it lacks', async () => {
    expect(await asked('orders', '/publish', publication('orders.1'))).toEqual([200, OK]);
    const books = 'the API key orders-app is not for topics of the service "books"';
    expect(await asked('orders', '/publish', publication('books.1'))).toEqual([403, error(books)]);
    expect(await asked('orders', '/publish', [publication('books.1'), publication('orders.2')])).toEqual([
      200,
      { results: [error(`item 0: ${books}`), OK] },
    ]);
    expect(await asked('orders', '/history?subscription=books.1')).toEqual([403, error(books)]);
    expect(await asked('orders', '/trigger', trigger({ target: 'news' }))).toEqual([
      403,
      error('the API key orders-app is not for the room {"target":"news"}'),
    ]);
    expect(await asked('orders', '/disconnect', { topic: 'orders.1' })).toEqual([
      403,
      error('the API key orders-app may not disconnect: it has publish, trigger, history, presence'),
    ]);
  });

  it('with rooms triggers those that they cover', async () => {
    const one = { target: 'message', customer: 7 };
    expect(await statusOf('rooms', '/trigger', trigger({ target: 'news' }, one))).toBe(200);
    expect(await asked('rooms', '/trigger', trigger(one, { target: '*' }))).toEqual([
      403,
      error('the API key rooms is not for the room {"target":"*"}'),
    ]);
    expect(await statusOf('rooms', '/publish', publication('orders.1'))).toBe(403);
  });

  it('that reads does nothing else', async () => {
    expect(await statusOf('reader', '/history?subscription=books.1')).toBe(200);
    expect(await statusOf('reader', '/connections')).toBe(200);
    expect(await asked('reader', '/publish', publication('books.1'))).toEqual([
      403,
      error('the API key reader may not publish: it has history, presence, connections'),
    ]);
    for (const path of ['/trigger', '/disconnect', '/unsubscribe', '/revoke'])
      expect(await statusOf('reader', path, {})).toBe(403);
    expect(await statusOf('ordersReader', '/history?subscription=books.1')).toBe(403);
    expect(await statusOf('ordersReader', '/connections')).toBe(403);
  });

  it('has the operations that are listed', async () => {
    expect(await statusOf('guard', '/disconnect', { topic: 'orders.1' })).toBe(200);
    expect(await statusOf('guard', '/unsubscribe', { topic: 'orders.1' })).toBe(403);
    expect(await statusOf('guard', '/publish', publication('orders.1'))).toBe(403);
  });

  it('counts for each request of a connection, not for the first alone', async () => {
    const socket = connect(gateway.port, '127.0.0.1').setEncoding('utf8');
    const body = JSON.stringify(publication('books.1'));
    const request = (key: KeyName): string =>
      `POST /publish HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${keyOf(key)}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    socket.write((['all', 'reader', 'orders', 'all', 'guard'] as const).map(request).join(''));
    let text = '';
    for await (const chunk of socket) {
      text += chunk as string;
      if (statuses(text).length === 5) break;
    }
    expect(statuses(text)).toEqual(['200', '403', '403', '200', '403']);
  });

  it('that was refused is counted', async () => {
    const client = await TestClient.connect(gateway.url);
    await client.ask({ event: 'subscribe', subscription: 'books.1' });
    const before = await gateway.metric('kittiwake_refusals_total', { kind: 'push_forbidden' });
    expect(await statusOf('reader', '/publish', publication('books.1'))).toBe(403);
    expect(await statusOf('reader', '/revoke', {})).toBe(403);
    expect(await gateway.metric('kittiwake_refusals_total', { kind: 'push_forbidden' })).toBe(before + 2);
    expect(await client.settled()).toEqual([]);
  });
});
