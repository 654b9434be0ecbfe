import type { KittiwakeOptions } from '../src/config/options.js';
import { KITTIWAKE_V1 } from '../src/protocol/sub-protocol.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { TestClient } from './support/client.js';
import { TestGateway } from './support/gateway.js';

type Service = NonNullable<KittiwakeOptions['services']>[string];
type Frame = Record<string, unknown>;

const LIMIT = 1024 * 1024;
const DATA = 'd'.repeat(65_536);

const stopped = stoppedAfterEach();
let gateway: TestGateway;

async function start(service: Service, options: KittiwakeOptions = {}): Promise<void> {
  const books = { requireAuthentication: false, ...service };
  const plain = { requireAuthentication: false };
  const limits = { outboxBytes: LIMIT, ...options.limits };
  gateway = stopped(await TestGateway.start({ services: { books, plain }, ...options, limits }));
}

async function subscriber(
  topic: string,
  event: object = {},
  protocols = [KITTIWAKE_V1],
): Promise<TestClient> {
  const client = await TestClient.connect(gateway.url, protocols);
  await client.ask({ event: 'subscribe', subscription: topic, ...event });
  return client;
}

/** Publishes until the gateway has dropped so many, or closed a client. @returns how many publications. */
async function publishUntil(
  isEnough: () => Promise<boolean>,
  publication: (n: number) => object,
): Promise<number> {
  for (let n = 0; ; n++) {
    if (n % 8 === 0 && (await isEnough())) return n;
    if (n > 5000) throw new Error('the client was never too slow');
    await gateway.publish({ subscription: 'books.1', ...publication(n) });
  }
}

const dropped = (reason: string): Promise<number> => gateway.metric('kittiwake_drops_total', { reason });
const closed = (): Promise<number> =>
  gateway.metric('kittiwake_connections_closed_total', { reason: 'slow_consumer' });
const untilDropped = (reason: string, count: number) => async (): Promise<boolean> =>
  (await dropped(reason)) >= count;

/** Lets the client read again. @returns what it gets, up to the answer to what it sends now. */
async function caughtUp(client: TestClient): Promise<Frame[]> {
  client.webSocket.resume();
  return client.settled();
}

const numberIn = ({ data }: Frame): number => (data as [number])[0];

describe('a client that does not keep up with a service that drops the oldest', () => {
  it('misses those, and gets the latest in order', async () => {
    await start({ slowConsumer: 'drop-oldest' });
    const slow = await subscriber('books.1');
    slow.webSocket.pause();
    const published = await publishUntil(untilDropped('slow_consumer', 20), (n) => ({ data: [n, DATA] }));
    const frames = await caughtUp(slow);
    const numbers = frames.map(numberIn);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.at(-1)).toBe(published - 1);
    expect(published - numbers.length).toBe(await dropped('slow_consumer'));
    await gateway.publish({ subscription: 'books.1', data: 'as before' });
    expect((await slow.next()).data).toBe('as before');
  });

  it('is told how many of which subscription, before the next delivery, if it asked for that', async () => {
    await start({ slowConsumer: 'drop-oldest', extraFields: ['tag'] });
    const slow = await subscriber('books.1', { report_drops: true, tag: 7 });
    slow.webSocket.pause();
    const published = await publishUntil(untilDropped('slow_consumer', 20), (n) => ({ data: [n, DATA] }));
    const frames = await caughtUp(slow);
    const at = frames.findIndex(({ event }) => event === 'dropped');
    const missed = numberIn(frames[at + 1]!) - numberIn(frames[at - 1]!) - 1;
    expect(frames[at]).toEqual({ event: 'dropped', subscription: 'books.1', tag: 7, count: missed });
    expect(missed).toBe(await dropped('slow_consumer'));
    expect(frames.filter(({ event }) => event === 'dropped')).toHaveLength(1);
    expect(numberIn(frames.at(-1)!)).toBe(published - 1);
  });

  it('is told nothing without the sub-protocol', async () => {
    await start({ slowConsumer: 'drop-oldest' });
    const slow = await subscriber('books.1', { report_drops: true }, []);
    slow.webSocket.pause();
    await publishUntil(untilDropped('slow_consumer', 5), (n) => ({ data: [n, DATA] }));
    const frames = await caughtUp(slow);
    expect(new Set(frames.map(({ event }) => event))).toEqual(new Set(['message']));
  });

  it('gets every reply, in its place', async () => {
    await start({ slowConsumer: 'drop-oldest' });
    const slow = await subscriber('books.1');
    slow.webSocket.pause();
    await publishUntil(untilDropped('slow_consumer', 1), (n) => ({ data: [n, DATA] }));
    slow.send({ event: 'unsubscribe', subscription: 'books.1' }).send({ event: 'x' });
    const other = await subscriber('books.2');
    await other.settled();
    const frames = await caughtUp(slow);
    expect(frames.slice(-2)).toEqual([
      { event: 'unsubscribe', subscription: 'books.1', status: 'ok' },
      { event: 'x', status: 'error', error: 'Event not found.', code: 'event_not_found' },
    ]);
  });

  it('is closed when what it must not miss alone is too much', async () => {
    await start({ slowConsumer: 'drop-oldest' });
    const slow = await subscriber('books.1');
    await slow.ask({ event: 'subscribe', subscription: 'plain.1' });
    slow.webSocket.pause();
    await publishUntil(untilDropped('slow_consumer', 1), (n) => ({ data: [n, DATA] }));
    const both = async (): Promise<boolean> => (await closed()) === 1;
    await publishUntil(both, (n) => ({ subscription: n % 2 ? 'plain.1' : 'books.1', data: [n, DATA] }));
    slow.webSocket.resume();
    expect((await slow.untilClosed()).code).toBe(1013);
  });

  it('is told to come back like all others when the gateway stops', async () => {
    await start({ slowConsumer: 'drop-oldest' });
    const slow = await subscriber('books.1');
    slow.webSocket.pause();
    const published = await publishUntil(untilDropped('slow_consumer', 1), (n) => ({ data: [n, DATA] }));
    const stop = gateway.stop();
    slow.webSocket.resume();
    expect((await slow.untilClosed()).code).toBe(1012);
    expect(numberIn(JSON.parse(slow.frames.at(-1)!) as Frame)).toBe(published - 1);
    await stop;
  });
});

describe('a client that follows positions and does not keep up', () => {
  it('gets no position that passes something that waits, and the latest when nothing does', async () => {
    await start({ slowConsumer: 'conflate', conflateKey: 'orderKey', history: { size: 10_000 } });
    const slow = await subscriber('books.1', { recover: true });
    slow.webSocket.pause();
    const keyed = (n: number): object => ({ data: [n, DATA], options: { order: n, order_key: n % 3 } });
    const published = await publishUntil(untilDropped('conflated', 20), keyed);
    const frames = await caughtUp(slow);
    const messages = frames.filter(({ event }) => event === 'message');
    const first = messages.findIndex(({ position }) => position === undefined);
    expect(first).toBeGreaterThan(0);
    expect(messages.slice(first).every(({ position }) => position === undefined)).toBe(true);
    expect(
      messages
        .slice(-3)
        .map(numberIn)
        .toSorted((a, b) => a - b),
    ).toEqual([3, 2, 1].map((before) => published - before));
    expect(await slow.next()).toEqual({
      event: 'position',
      subscription: 'books.1',
      position: expect.any(String) as string,
    });
    const answer = await gateway.publish({ subscription: 'books.1', data: 'as before' });
    const { position } = (await answer.json()) as { position: string };
    expect(await slow.next()).toMatchObject({ data: 'as before', position });
    const again = await TestClient.connect(gateway.url, [KITTIWAKE_V1]);
    const ask = { event: 'subscribe', subscription: 'books.1', position: messages[first - 1]!.position };
    expect(await again.ask(ask)).toMatchObject({ recovered: false, reason: 'gap_too_long' });
  });
});

describe('a client that does not keep up with a service that conflates', () => {
  it('gets the last publication of the topic', async () => {
    await start({ slowConsumer: 'conflate' });
    const slow = await subscriber('books.1', { report_drops: true });
    slow.webSocket.pause();
    const published = await publishUntil(untilDropped('conflated', 50), (n) => ({ data: [n, DATA] }));
    const frames = await caughtUp(slow);
    expect(numberIn(frames.at(-1)!)).toBe(published - 1);
    expect(frames.at(-2)).toEqual({
      event: 'dropped',
      subscription: 'books.1',
      count: await dropped('conflated'),
    });
    expect(await closed()).toBe(0);
  });

  it.each([
    ['orderKey', (key: string, n: number) => ({ data: [n, DATA], options: { order_key: key, order: n } })],
    ['data.id', (id: string, n: number) => ({ data: { 0: n, id, d: DATA } })],
  ])('gets the last of each %s', async (conflateKey, publication) => {
    await start({ slowConsumer: 'conflate', conflateKey });
    const slow = await subscriber('books.1');
    slow.webSocket.pause();
    const keys = ['a', 'b', 'c'];
    const published = await publishUntil(untilDropped('conflated', 50), (n) => publication(keys[n % 3]!, n));
    const frames = await caughtUp(slow);
    const last = frames
      .slice(-3)
      .map(numberIn)
      .toSorted((a, b) => a - b);
    expect(last).toEqual([published - 3, published - 2, published - 1]);
  });

  it('is closed when there are too many keys', async () => {
    await start({ slowConsumer: 'conflate', conflateKey: 'data.id' });
    const slow = await subscriber('books.1');
    slow.webSocket.pause();
    await publishUntil(
      async () => (await closed()) === 1,
      (id) => ({ data: { id, d: DATA } }),
    );
    slow.webSocket.resume();
    expect((await slow.untilClosed()).code).toBe(1013);
  });
});

describe('a client that does not keep up', () => {
  it.each(['drop-oldest', 'conflate'] as const)(
    'costs the others nothing and little memory: %s',
    async (slowConsumer) => {
      await start({ slowConsumer });
      const [slow, fast] = [await subscriber('books.1'), await subscriber('books.1')];
      slow.webSocket.pause();
      const reason = slowConsumer === 'conflate' ? 'conflated' : 'slow_consumer';
      let received = 0;
      await publishUntil(untilDropped(reason, 500), (n) => ({ data: [n, DATA] }));
      const total = await gateway.metric('kittiwake_publications_total');
      for (; received < total; received++) expect(numberIn(await fast.next())).toBe(received);
      expect(await gateway.metric('kittiwake_connections')).toBe(2);
      slow.drop();
    },
  );
});
