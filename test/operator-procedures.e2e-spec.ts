import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Hub } from '../src/delivery/hub.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { TestClient } from './support/client.js';
import { TestGateway } from './support/gateway.js';
import { RawHttp } from './support/raw-http.js';
import { RedisServer } from './support/redis-server.js';
import { signToken } from './support/tokens.js';
import { eventually } from './support/wait.js';
import type { KittiwakeOptions } from '../src/config/options.js';

const SECRET = 'the-secret-of-services';
const KEY = 'the-key-of-tokens-that-nobody-guesses';
const RECEIVED_AT = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string;

const stopped = stoppedAfterEach();
let gateway: TestGateway;

async function start(options: KittiwakeOptions = {}): Promise<void> {
  gateway = stopped(
    await TestGateway.start({
      services: {
        books: { requireAuthentication: false, extraFields: ['user'], filterFields: ['user'] },
        desks: { requireAuthentication: true },
      },
      auth: { jwt: { algorithms: ['HS256'], secret: KEY } },
      procedures: { secret: SECRET },
      ...options,
    }),
  );
}

async function call(
  name: string,
  parameters: object = {},
  bearer = SECRET,
): Promise<[status: number, body: Record<string, unknown>]> {
  const response = await fetch(`${gateway.httpUrl}/rpc/${name}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${bearer}` },
    body: JSON.stringify(parameters),
  });
  return [response.status, (await response.json()) as Record<string, unknown>];
}

async function listen(...topics: string[]): Promise<RawHttp> {
  const client = stopped(await RawHttp.connect({ host: '127.0.0.1', port: gateway.port }));
  const body = JSON.stringify({ _args: topics });
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${SECRET}` };
  client.request({ path: '/rpc/listen', headers, body });
  await eventually(() => gateway.app.get(Hub).channelCount === new Set(topics).size);
  return client;
}

async function heard(client: RawHttp, count: number): Promise<unknown[]> {
  const { chunks } = await client.chunks(count);
  return chunks.map((chunk) => JSON.parse(chunk.toString()) as unknown);
}

describe('the procedure publish', () => {
  it('publishes as POST /publish does', async () => {
    await start();
    const client = stopped(await subscriber('books.1'));
    const named = { topic: 'books.1', data: { n: 1 }, order: 5, order_key: 'k' };
    expect(await call('publish', named)).toEqual([200, { status: 'ok', _format: 'Published.' }]);
    expect((await call('publish', { ...named, order: 4, idempotency_key: 'k' }))[0]).toBe(200);
    expect((await call('publish', { _args: ['books.1', null] }))[0]).toBe(200);
    expect(await client.next()).toMatchObject({ event: 'message', subscription: 'books.1', data: { n: 1 } });
    expect(await client.next()).toMatchObject({ data: null });
  });

  it('tells the position where there is one, and knows a repeat by its key', async () => {
    await start({ services: { books: { requireAuthentication: false, history: {} } } });
    const named = { topic: 'books.1', data: 1, idempotency_key: 'k' };
    const [, { position, ...first }] = await call('publish', named);
    expect(first).toEqual({ status: 'ok', _format: 'Published at %(position)s.' });
    expect(await call('publish', named)).toEqual([
      200,
      { status: 'ok', position, repeated: true, _format: 'Published before, at %(position)s.' },
    ]);
  });

  it('takes filter fields', async () => {
    await start();
    const client = stopped(await subscriber('books.1', { user: 'bob' }));
    for (const user of ['al', 'bob'])
      await call('publish', { topic: 'books.1', data: user, fields: { user } });
    expect(await client.next()).toMatchObject({ data: 'bob' });
  });

  it.each([
    [{ topic: 'nope.1', data: 1 }, '<service>.<topic>'],
    [{ topic: 'books', data: 1 }, '<service>.<topic>'],
    [{ topic: 'books.1', data: 1, fields: 'abc' }, 'fields must be an object'],
  ])('refuses %j', async (named, error) => {
    await start();
    expect(await call('publish', named)).toEqual([400, { error: expect.stringContaining(error) }]);
  });
});

describe('the procedure trigger', () => {
  it('is there where there are rooms', async () => {
    await start({ rooms: { api: { url: 'http://127.0.0.1:9/' } } });
    expect(await call('trigger', { rooms: [{ a: 1 }], data: 1 })).toEqual([
      200,
      { status: 'ok', reached: 0, _format: expect.any(String) },
    ]);
    expect(await call('trigger', { rooms: 5, data: 1 })).toEqual([400, { error: '"rooms" must be a list' }]);
    await gateway.stop();
    await start();
    expect((await call('trigger', { rooms: [], data: 1 }))[0]).toBe(404);
  });
});

describe('the procedure listen', () => {
  it('tells the publications of its topics as they come, whoever may subscribe', async () => {
    await start();
    const client = await listen('books.1', 'desks.1', 'books.1');
    await gateway.publish('{"subscription":"books.1","data":{"big":123456789012345678901}}');
    await gateway.publish({ subscription: 'books.2', data: 'not for it' });
    await gateway.publish({ subscription: 'desks.1', data: 2, published_at: '2026-01-02T03:04:05Z' });
    expect((await client.chunks(1)).chunks[0]!.toString()).toContain('{"big":123456789012345678901}');
    expect((await heard(client, 2))[1]).toEqual({
      subscription: 'desks.1',
      data: 2,
      published_at: '2026-01-02T03:04:05+00:00',
      received_at: RECEIVED_AT,
    });
  });

  it('leaves its topics when the caller is gone', async () => {
    await start();
    const client = await listen('books.1', 'desks.1');
    client.stop();
    const isLeft = await eventually(() => gateway.app.get(Hub).channelCount === 0, { timeoutMs: 1_000 });
    expect(isLeft).toBe(true);
  });

  it('does not disturb who subscribes to the same', async () => {
    await start();
    const subscribed = stopped(await subscriber('books.1'));
    (await listen('books.1')).stop();
    await gateway.publish({ subscription: 'books.1', data: 1 });
    expect(await subscribed.next()).toMatchObject({ data: 1 });
  });

  it('refuses what is no topic of a service', async () => {
    await start();
    expect(await call('listen', { _args: ['books.1', 'nope.1'] })).toEqual([
      400,
      { error: 'nope.1 is not <service>.<topic> of a configured service' },
    ]);
    expect((await call('listen'))[0]).toBe(500);
  });

  it('ends with an error when the broker is lost', async () => {
    const redis = stopped(await RedisServer.start());
    await start({ broker: { kind: 'redis', redis: { url: redis.url } } });
    const client = await listen('books.1');
    await gateway.publish({ subscription: 'books.1', data: 1 });
    await client.chunks(1);
    await redis.stop();
    await client.untilEnded();
    const answer = await client.chunks(2);
    expect(answer.isTerminated).toBe(false);
    expect(JSON.parse(answer.chunks[1]!.toString())).toEqual({
      error: 'The broker is lost: publications may be missing.',
    });
    for (const name of ['listen', 'publish'])
      expect(await call(name, { _args: name === 'listen' ? ['books.1'] : ['books.1', 1] })).toEqual([
        503,
        { error: 'The broker is not available.' },
      ]);
    expect((await call('status'))[1]).toMatchObject({ state: 'broker lost', broker: 'lost' });
  });
});

describe('the procedure status', () => {
  it('tells what the process does', async () => {
    await start();
    stopped(await subscriber('books.1'));
    expect((await call('status'))[1]).toMatchObject({
      pid: process.pid,
      state: 'ready',
      broker: 'ready',
      connections: 1,
      channels: 1,
    });
  });
});

describe('the procedure restart', () => {
  it('is not for a gateway that is part of an app', async () => {
    await start();
    expect((await call('restart'))[0]).toBe(501);
  });
});

describe('procedures for operators', () => {
  const names = ['publish', 'trigger', 'listen', 'status', 'restart'];

  it.each(names)('need the service secret: %s', async (name) => {
    await start({ rooms: { api: { url: 'http://127.0.0.1:9/' } } });
    const token = signToken({ algorithm: 'HS256', key: KEY, claims: { sub: 'me' } });
    expect((await call(name, {}, token))[0]).toBe(404);
    expect((await call(name, {}, 'wrong'))[0]).toBe(401);
  });
});

async function subscriber(topic: string, fields: object = {}): Promise<TestClient & { stop(): void }> {
  const client = await TestClient.connect(gateway.url);
  await client.ask({ event: 'subscribe', subscription: topic, ...fields });
  return Object.assign(client, { stop: () => client.drop() });
}

describe('what is done with the service secret', () => {
  it('is told in the log, as what is done in the console', async () => {
    const told: string[] = [];
    await start();
    const log = jest
      .spyOn(Logger.prototype, 'log')
      .mockImplementation((line: string) => void told.push(line));
    try {
      await call('disconnect', { identity: 'ann', reconnect: true });
      await call('unsubscribe', { topic: 'books.1' });
      await call('unsubscribe');
      await call('revoke', { token_id: 'x', ttl: 5 });
      await call('tail', { topic: 'nobody.1' });
      const tail = stopped(await RawHttp.connect({ host: '127.0.0.1', port: gateway.port }));
      const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${SECRET}` };
      tail.request({ path: '/rpc/tail', headers, body: '{"topic":"books.1","data":true}' });
      await heard(tail, 1);
      const who = /^the service secret \(full\) from 127\.0\.0\.1:\d+: /;
      const done = '"complete":true,"nodes":{"asked":1,"answered":1}';
      expect(told.filter((line) => who.test(line)).map((line) => line.replace(who, ''))).toEqual([
        `disconnect {"identity":"ann"}: {"status":"ok","disconnected":0,${done}}`,
        `unsubscribe {"topic":"books.1"}: {"status":"ok","unsubscribed":0,${done}}`,
        expect.stringMatching(/^unsubscribe \{\}: say which clients/),
        expect.stringMatching(/^revoke \{"token_id":"x","ttl":5\}: \{"status":"ok","disconnected":0,/),
        'tail topic books.1: with data',
      ]);
    } finally {
      log.mockRestore();
    }
  });
});
