import type { TestClient } from './support/client.js';
import type { Answer } from './support/stub-app.js';
import { KEPT, LIVE, stageOfFile } from './support/topics.js';
import { deferred, eventually } from './support/wait.js';

const PUBLISHED_AT = '2024-05-06T07:08:09+00:00';
const OK = { event: 'subscribe', subscription: 'books.1', status: 'ok' };

const stage = stageOfFile((app) => ({
  services: {
    books: {
      requireAuthentication: false,
      extraFields: ['extra'],
      filterFields: ['extra'],
      authorizer: `${app}/authorizer`,
      beforeSubscribe: `${app}/before`,
      onSubscribe: `${app}/on`,
    },
    other: { requireAuthentication: false },
  },
}));

/** Subscribes a client, and does something while before_subscribe is asked, which then answers with the body. */
async function whileAsked(act: () => Promise<void>, body: object, client?: TestClient): Promise<TestClient> {
  const it = client ?? (await stage.connect());
  const gate = deferred();
  const asked = stage.app.paths.filter((path) => path === '/before').length;
  stage.app.answer('/before', { after: gate.promise, body });
  it.send({ event: 'subscribe', subscription: 'books.1' });
  await stage.app.requests('/before', asked + 1);
  await act();
  gate.resolve();
  return it;
}

const message = (data: unknown): object => ({ event: 'message', subscription: 'books.1', data });
const dataOf = (frames: readonly Record<string, unknown>[]): unknown[] => frames.map(({ data }) => data);

describe('publications while before_subscribe is asked', () => {
  it('follow the reply in their order, and live ones follow them', async () => {
    const early = await stage.subscriber('books.1');
    const client = await whileAsked(
      async () => {
        await stage.publish('books.1', 1);
        await stage.publish('books.1', 2, { published_at: PUBLISHED_AT });
        expect(await early.settled()).toEqual([
          { ...message(1), ...LIVE },
          { ...message(2), published_at: PUBLISHED_AT, ...LIVE },
        ]);
      },
      { status: 'ok', data: 'state' },
    );
    expect(await client.next()).toEqual({ ...OK, data: 'state' });
    await stage.publish('books.1', 3);
    expect(await client.settled()).toEqual([
      { ...message(1), ...KEPT },
      { ...message(2), published_at: PUBLISHED_AT, ...KEPT },
      { ...message(3), ...LIVE },
    ]);
  });

  it('reach the other subscriptions of the session at once', async () => {
    const client = await stage.subscriber('other.1');
    await whileAsked(
      async () => {
        await stage.publish('other.1', 'now');
        expect(await client.next()).toMatchObject({ subscription: 'other.1', data: 'now', ...LIVE });
      },
      { status: 'ok' },
      client,
    );
    expect(await client.next()).toEqual(OK);
  });

  it('are dropped when they are not newer than the state', async () => {
    const client = await whileAsked(
      async () => {
        await stage.publishAll('books.1', [
          { order: 1 },
          { order: '2' },
          { order: 3 },
          { order: 3 },
          { order: 1, order_key: 'k' },
        ]);
      },
      { status: 'ok', data: 'state', options: { order: 2 } },
    );
    expect(await client.next()).toEqual({ ...OK, data: 'state' });
    await stage.publish('books.1', 'old', { options: { order: 2.5 } });
    await stage.publish('books.1', 'new', { options: { order: 4 } });
    expect(dataOf(await client.settled())).toEqual([2, 4, 'new']);
  });

  it('are compared with the state by its order key', async () => {
    const client = await whileAsked(
      () =>
        stage.publishAll('books.1', [{ order: 1 }, { order: 1, order_key: 7 }, { order: 1, order_key: '7' }]),
      { status: 'ok', options: { order: 2, order_key: 7 } },
    );
    expect(await client.next()).toEqual(OK);
    expect(dataOf(await client.settled())).toEqual([0, 2]);
  });

  it('are held back a period longer when the state is throttled', async () => {
    let startMs = 0;
    const client = await whileAsked(
      async () => {
        await stage.publishAll('books.1', [
          { throttle: 0.1 },
          { throttle: 0.1 },
          {},
          { throttle: 0.1, throttle_key: 1 },
        ]);
        startMs = Date.now();
      },
      { status: 'ok', options: { throttle: 0.1 } },
    );
    expect(await client.next()).toEqual(OK);
    expect([await client.next(), await client.next()]).toMatchObject([{ data: 2 }, { data: 3 }]);
    const delayed = await client.next();
    expect(delayed).toEqual({ ...message(1), ...KEPT });
    expect(Date.parse(delayed.sent_at as string) - startMs).toBeGreaterThanOrEqual(98);
  });

  it('that are throttled come as one at once and the last one later', async () => {
    const client = await whileAsked(() => stage.publishAll('books.1', Array(3).fill({ throttle: 0.1 })), {
      status: 'ok',
    });
    expect(await client.next()).toEqual(OK);
    expect([await client.next(), await client.next()]).toEqual([
      { ...message(0), ...KEPT },
      { ...message(2), ...KEPT },
    ]);
    expect(await client.settled()).toEqual([]);
  });

  it('pass the filter fields before anything else', async () => {
    const client = await whileAsked(
      async () => {
        await stage.publish('books.1', 'no', { extra: 'x', options: { order: 9 } });
        await stage.publish('books.1', 'yes', { extra: null, options: { order: 1 } });
      },
      { status: 'ok' },
    );
    expect(await client.next()).toEqual(OK);
    expect(dataOf(await client.settled())).toEqual(['yes']);
  });

  it.each([
    ['refuses', [{ body: { status: 'error' } }], 'Unhandled exception.'],
    ['cannot be asked', [{ status: 500 }, { status: 500 }, { status: 500 }], 'Service unavailable.'],
  ])('are forgotten when it %s', async (_, answers, error) => {
    const [client, other, gate] = [await stage.connect(), await stage.subscriber('books.1'), deferred()];
    stage.app.asked.length = 0;
    stage.app.answer('/before', ...answers.map((answer) => ({ ...answer, after: gate.promise })));
    client.send({ event: 'subscribe', subscription: 'books.1' });
    await stage.app.requests('/before');
    await stage.publish('books.1', 'held');
    gate.resolve();
    expect(await client.next()).toEqual({ ...OK, status: 'error', error });
    await stage.publish('books.1', 'between');
    await stage.subscriber('books.1', {}, client);
    await stage.publish('books.1', 'after');
    expect(dataOf(await client.settled())).toEqual(['after']);
    expect(dataOf(await other.settled())).toEqual(['held', 'between', 'after']);
  });
});

describe('publications', () => {
  it('while the authorizer is asked are not held', async () => {
    const [client, gate] = [await stage.connect(), deferred()];
    stage.app.answer('/authorizer', { after: gate.promise });
    client.send({ event: 'subscribe', subscription: 'books.1' });
    await stage.app.requests('/authorizer');
    await stage.publish('books.1', 'too early');
    gate.resolve();
    expect(await client.next()).toEqual(OK);
    expect(await client.settled()).toEqual([]);
  });

  it('while on_subscribe is told are delivered at once', async () => {
    const [client, gate] = [await stage.connect(), deferred()];
    stage.app.answer('/on', { after: gate.promise });
    client.send({ event: 'subscribe', subscription: 'books.1' });
    expect(await client.next()).toEqual(OK);
    await stage.app.requests('/on');
    await stage.publish('books.1', 'now');
    expect(await client.next()).toEqual({ ...message('now'), ...LIVE });
    gate.resolve();
  });

  it('after a state are never lost, however busy the topic', async () => {
    const LAST = 150;
    let version = 0;
    const reaches = (wanted: number): Promise<unknown> => eventually(() => version >= Math.min(wanted, LAST));
    /** What the app knows when it is asked; it answers when that is long outdated. */
    const state: Answer = {
      get body() {
        return { status: 'ok', data: version, options: { order: version } };
      },
      get after() {
        return reaches(version + 5);
      },
    };
    const subscribe = async (index: number): Promise<TestClient> => {
      const client = await stage.connect();
      await reaches(5 * index);
      return client.send({ event: 'subscribe', subscription: 'books.1' });
    };
    stage.app.answer('/before', ...Array<Answer>(30).fill(state));
    const subscribing = Array.from({ length: 30 }, (_, index) => subscribe(index));
    while (version < LAST) await stage.publish('books.1', version + 1, { options: { order: ++version } });

    for (const client of await Promise.all(subscribing)) {
      const seen = [(await client.next()).data as number];
      while (seen.at(-1)! < LAST) seen.push((await client.next()).data as number);
      expect(seen).toEqual(Array.from({ length: LAST + 1 - seen[0]! }, (_, index) => seen[0]! + index));
      expect(await client.settled()).toEqual([]);
    }
  });
});
