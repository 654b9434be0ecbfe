import { setTimeout as delay } from 'node:timers/promises';
import { TestClient } from './support/client.js';
import { procedureOf, RpcStage, V1 } from './support/rpc.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { refusal, sharedRooms, subscribe, SUCCESS } from './support/rooms.js';
import { KEPT, LIVE, stageOfFile } from './support/topics.js';
import { eventually } from './support/wait.js';

const KEPT_BYTES = 4096;
const MISSING = 'Subscription does not exist.';
const TOO_MUCH = 'Too much is kept for this connection: unsubscribe from something first.';

const stage = stageOfFile((app) => ({
  auth: { ticket: { url: `${app}/ticket`, fields: ['user_id'] } },
  limits: { keptBytes: KEPT_BYTES, keysPerSubscription: 5 },
  services: {
    books: { requireAuthentication: false, extraFields: ['author', 'list'] },
    asked: {
      requireAuthentication: false,
      authorizer: `${app}/authorizer`,
      authorizationRenewalPeriod: '100ms',
    },
    state: { requireAuthentication: false, beforeSubscribe: `${app}/before` },
  },
}));

/** A topic of so many bytes. */
function topicOf(service: string, bytes: number, number = 0): string {
  return `${service}.${number}.`.padEnd(bytes, 'x');
}

function event(name: string, subscription: string, members: object = {}): object {
  return { event: name, subscription, ...members };
}

describe('a topic', () => {
  // 500 topics of 1 MiB ended a gateway with a heap of 512 MiB.
  it('may have 1,024 bytes of UTF-8, and not one more', async () => {
    const client = await stage.connect(V1);
    const euro = `books.${'€'.repeat(339)}x`;
    for (const topic of [topicOf('books', 1024), euro]) {
      expect(await client.ask(event('subscribe', topic))).toHaveProperty('status', 'ok');
      for (const long of [`${topic}x`, topic.replace(/.$/, 'é')]) {
        expect(await client.ask(event('subscribe', long))).toEqual({
          ...event('subscribe', long),
          status: 'error',
          error: 'Subscription too long.',
          code: 'subscription_too_long',
        });
        expect(await client.ask(event('unsubscribe', long))).toHaveProperty('error', MISSING);
      }
    }
  });

  it('that is too long is told to other clients without a code', async () => {
    const topic = topicOf('books', 1025);
    expect(await (await stage.connect()).ask(event('subscribe', topic))).toEqual({
      ...event('subscribe', topic),
      status: 'error',
      error: 'Subscription too long.',
    });
  });

  // As bytes it is another topic: on Redis, nothing was ever delivered.
  it.each(['subscribe', 'unsubscribe', 'message'])('has no lone surrogates: %s', async (name) => {
    const client = await stage.connect(V1);
    for (const lone of ['\\ud800', '\\udc00', 'a\\ud83dz']) {
      client.send(`{"event":"${name}","subscription":"books.${lone}"}`);
      expect(await client.next()).toMatchObject({ status: 'error', code: 'invalid_subscription' });
    }
    const { status } = await stage.gateway.publish('{"subscription":"books.\\ud800","data":1}');
    expect(status).toBe(400);
  });

  it('may have whole characters beyond the first plane', async () => {
    const client = await stage.subscriber('books.😀');
    await stage.publish('books.😀', 1);
    expect(await client.next()).toEqual({ event: 'message', subscription: 'books.😀', data: 1, ...LIVE });
  });
});

describe('what the subscriptions of a connection keep', () => {
  /** Subscribes until that is refused. @returns how often it was not. */
  async function fill(client: TestClient, makeEvent: (number: number) => object): Promise<number> {
    for (let number = 0; ; number++) {
      const reply = await client.ask(makeEvent(number));
      if (reply.status === 'ok') continue;
      expect(reply.error).toBe(TOO_MUCH);
      return number;
    }
  }

  it('is limited by the bytes of topics', async () => {
    const client = await stage.connect();
    expect(await fill(client, (number) => event('subscribe', topicOf('books', 512, number)))).toBe(8);
  });

  it('is limited by the bytes of topics and extra fields, names included', async () => {
    const client = await stage.connect();
    const author = '€'.repeat(160); // 482 bytes as JSON, and 6 of the name
    expect(await fill(client, (number) => event('subscribe', topicOf('books', 24, number), { author }))).toBe(
      8,
    );
    expect(await fill(client, (number) => event('subscribe', topicOf('books', 1024, number)))).toBe(0);
  });

  it('has a code for clients of the sub-protocol', async () => {
    const client = await stage.connect(V1);
    const list = Array(1000).fill(1234);
    expect(await client.ask(event('subscribe', 'books.1', { list }))).toMatchObject({
      code: 'too_much_kept',
    });
  });

  it('is given back by whatever ends a subscription', async () => {
    const client = await stage.connect();
    const topic = topicOf('books', 1000);
    for (let i = 0; i < 20; i++) {
      await stage.subscriber(topic, {}, client);
      expect(await client.ask(event('unsubscribe', topic))).toHaveProperty('status', 'ok');
    }
    expect(await fill(client, (number) => event('subscribe', topicOf('books', 1000, number)))).toBe(4);
  });

  it('is given back when the service refuses, before or after its channel is joined', async () => {
    const client = await stage.connect();
    for (let i = 0; i < 10; i++) {
      for (const [service, path] of [
        ['asked', '/authorizer'],
        ['state', '/before'],
      ] as const) {
        stage.app.answer(path, { body: { status: 'error' } });
        expect(await client.ask(event('subscribe', topicOf(service, 1000)))).toHaveProperty(
          'status',
          'error',
        );
      }
    }
    expect(await fill(client, (number) => event('subscribe', topicOf('books', 1000, number)))).toBe(4);
  });

  it('is given back when an authorization lapses', async () => {
    const client = await stage.connect();
    for (let i = 0; i < 6; i++) {
      stage.app.answer('/authorizer', { body: { status: 'ok' } }, { body: { status: 'error' } });
      expect(await client.ask(event('subscribe', topicOf('asked', 1000)))).toHaveProperty('status', 'ok');
      expect(await client.next()).toMatchObject({ event: 'unsubscribe', error: 'Unauthorized.' });
    }
    expect(await fill(client, (number) => event('subscribe', topicOf('books', 1000, number)))).toBe(4);
  });

  it('is each connection’s own', async () => {
    for (const client of [await stage.connect(), await stage.connect()])
      expect(await fill(client, (number) => event('subscribe', topicOf('books', 1024, number)))).toBe(4);
  });
});

describe('keys of order and throttle', () => {
  const forgotten = (rule: string) => stage.gateway.metric('kittiwake_keys_forgotten_total', { rule });
  const ordered = (order: number, order_key?: string) => ({ options: { order, order_key } });

  async function received(client: TestClient): Promise<unknown[]> {
    return (await client.settled()).map(({ data }) => data);
  }

  // 100,000 keys of 1 KiB stayed in memory as long as the subscription.
  it('are forgotten beyond a number, the oldest first, and counted', async () => {
    const client = await stage.subscriber('books.1');
    const before = await forgotten('order');
    for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g'])
      await stage.publish('books.1', key, ordered(9, key));
    expect(await forgotten('order')).toBe(before + 2);
    for (const key of ['c', 'g', 'a']) await stage.publish('books.1', `old ${key}`, ordered(8, key));
    expect(await received(client)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'old a']);
  });

  it('give way to subscriptions, which are refused for what the client keeps only', async () => {
    const client = await stage.subscriber('books.1');
    for (const key of ['a', 'b', 'c']) {
      await stage.publish('books.1', key, ordered(9, key.repeat(1000)));
      await stage.publish('books.1', `old ${key}`, ordered(8, key.repeat(1000)));
    }
    expect(await received(client)).toEqual(['a', 'b', 'c']);
    await stage.subscriber(topicOf('books', 900), {}, client);
    await stage.subscriber(topicOf('books', 900, 1), {}, client);
    await stage.publish('books.1', 'older a', ordered(8, 'a'.repeat(1000)));
    await stage.publish('books.1', 'older c', ordered(8, 'c'.repeat(1000)));
    expect(await received(client)).toEqual(['older a']);
  });

  it('never stand in the way of the order of publications without a key', async () => {
    const client = await stage.subscriber('books.1');
    await stage.publish('books.1', 'new', ordered(9));
    for (let i = 0; i < 10; i++) await stage.publish('books.1', i, ordered(9, `${i}`));
    await stage.publish('books.1', 'old', ordered(8));
    expect(await received(client)).toEqual(['new', 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('of throttle are forgotten as well: what waits is delivered early, not lost', async () => {
    const client = await stage.subscriber('books.1');
    const before = await forgotten('throttle');
    const throttled = (throttle_key: string) => ({ options: { throttle: 3600, throttle_key } });
    for (const data of ['first', 'second', 'third']) await stage.publish('books.1', data, throttled('a'));
    for (const key of ['b', 'c', 'd', 'e']) await stage.publish('books.1', key, throttled(key));
    expect(await received(client)).toEqual(['first', 'b', 'c', 'd', 'e']);
    await stage.publish('books.1', 'f', throttled('f'));
    expect(await client.next()).toEqual({
      event: 'message',
      subscription: 'books.1',
      data: 'third',
      ...KEPT,
    });
    expect(await received(client)).toEqual(['f']);
    expect(await forgotten('throttle')).toBe(before + 1);
  });

  it('of a subscription that has ended are given back', async () => {
    const client = await stage.connect();
    for (let i = 0; i < 3; i++) {
      await stage.subscriber('books.1', {}, client);
      const before = await forgotten('order');
      for (const key of ['a', 'b', 'c']) await stage.publish('books.1', i, ordered(9, key.repeat(1000)));
      expect(await forgotten('order')).toBe(before);
      client.send(event('unsubscribe', 'books.1'));
      await client.settled();
    }
  });
});

describe('what the rooms of a connection keep', () => {
  const rooms = sharedRooms({ limits: { keptBytes: KEPT_BYTES } });
  const room = (n: number) => ({ n, text: 'x'.repeat(480) }); // 499 bytes as JSON, and 2 of the request id

  it('is limited by the bytes of rooms and request ids, and given back', async () => {
    rooms.allowed = [{ n: '*', text: '*' }];
    const client = await rooms.connect();
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 8; n++) expect(await client.ask(subscribe(room(n), 10))).toEqual(SUCCESS);
      expect(await client.ask(subscribe(room(8), 10))).toEqual(refusal('too-much-kept'));
      expect(await client.ask(subscribe(room(7), 10))).toEqual(SUCCESS);
      expect(await client.ask({ type: 'unsubscribe', requestId: 10 })).toEqual(SUCCESS);
    }
  });

  it('is given back when a permission is withdrawn', async () => {
    rooms.allowed = [{ n: '*', text: '*' }];
    const client = await rooms.connect();
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 8; n++) expect(await client.ask(subscribe(room(n), 10))).toEqual(SUCCESS);
      rooms.allowed = [];
      await rooms.kittiwake.renewRooms();
      for (let n = 0; n < 8; n++) expect(await client.next()).toMatchObject({ type: 'unsubscribe' });
      rooms.allowed = [{ n: '*', text: '*' }];
      await rooms.kittiwake.renewRooms();
    }
  });
});

describe('what the calls of a connection keep', () => {
  const started = stoppedAfterEach();
  const call = (id: number, bytes: number): object => {
    return { event: 'call', id, procedure: 'wait', params: ['x'.repeat(bytes)] };
  };

  it('is limited with all else that it keeps; one call may be of any size, and all is given back', async () => {
    const rpc = started(new RpcStage());
    const limits = { keptBytes: KEPT_BYTES };
    await rpc.start({ limits, services: { books: { requireAuthentication: false } } });
    const run = ({ signal }: { signal: AbortSignal }) => delay(60_000, undefined, { signal });
    rpc.add(procedureOf('wait', run, { access: 'public' }));
    const client = await rpc.connectTo('/ws', [V1]);
    const topic = topicOf('books', 1020);
    for (let round = 0; round < 3; round++) {
      client.send(call(1, 10_000)).send(call(2, 2000));
      expect(await client.ask(call(3, 2000))).toMatchObject({ code: 'too_many_calls', id: 3 });
      expect(await client.ask(event('subscribe', topic))).toHaveProperty('status', 'ok');
      expect(await client.ask(event('subscribe', `${topic}x`))).toHaveProperty('code', 'too_much_kept');
      for (const id of [1, 2]) client.send({ event: 'cancel', id });
      client.send(event('unsubscribe', topic));
      await eventually(() => client.frames.length === 5, { what: 'all replies' });
      client.frames.length = 0;
    }
  });
});
