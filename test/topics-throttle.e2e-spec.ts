import type { TestClient } from './support/client.js';
import { KEPT, LIVE, stageOfFile } from './support/topics.js';

const PERIOD = 0.1;
/** Longer than any test. */
const LONG = 60;
const PERIOD_MS = PERIOD * 1000;
/** Timers and the times in messages are cut to milliseconds. */
const CUT_MS = 2;

const stage = stageOfFile(() => ({
  services: { books: { requireAuthentication: false, extraFields: ['extra'], filterFields: ['extra'] } },
}));

/**
 * At least so many periods have passed until a message was sent. Between the times in two messages there may be less: on
 * a busy machine the first is made some time after it was let pass.
 */
function expectPeriods(message: Record<string, unknown>, count: number, sinceMs: number): void {
  const sentAtMs = Date.parse(message.sent_at as string);
  expect(sentAtMs - sinceMs).toBeGreaterThanOrEqual(count * PERIOD_MS - CUT_MS);
}

/** The positions of the publications that a new subscriber gets at once. */
async function atOnce(options: readonly object[]): Promise<unknown[]> {
  const client = await stage.subscriber('books.1');
  await stage.publishAll('books.1', options);
  return (await client.settled()).map((message) => message.data);
}

async function nextTwo(client: TestClient): Promise<Record<string, unknown>[]> {
  return [await client.next(), await client.next()];
}

describe('of throttled messages', () => {
  it('the first is delivered at once and the last a period later, without the times of its publication', async () => {
    const client = await stage.subscriber('books.1', { extra: 'e' });
    const publishedAt = '2024-05-06T07:08:09+00:00';
    const startMs = Date.now();
    await stage.publishAll('books.1', Array(4).fill({ throttle: PERIOD }), { published_at: publishedAt });

    const [first, last] = await nextTwo(client);

    const about = { event: 'message', subscription: 'books.1', extra: 'e' };
    expect(first).toEqual({ ...about, data: 0, published_at: publishedAt, ...LIVE });
    expect(last).toEqual({ ...about, data: 3, ...KEPT });
    expectPeriods(last!, 1, startMs);
    expect(await client.settled()).toEqual([]);
  });

  it('one comes in each period of a steady stream, and the last one always', async () => {
    const client = await stage.subscriber('books.1');
    const startMs = Date.now();
    let count = 0;
    while (Date.now() - startMs < 6 * PERIOD_MS) {
      await stage.publish('books.1', ++count, { options: { throttle: PERIOD } });
    }
    const messages = [await client.next()];
    while (messages.at(-1)?.data !== count) messages.push(await client.next());

    expect(messages.length).toBeGreaterThan(4);
    for (const [index, message] of messages.entries()) expectPeriods(message, index, startMs);
  });

  it('a delayed one counts as a delivery', async () => {
    const client = await stage.subscriber('books.1');
    const startMs = Date.now();
    await stage.publishAll('books.1', Array(2).fill({ throttle: PERIOD }));
    await nextTwo(client);
    await stage.publish('books.1', 'next', { options: { throttle: PERIOD } });
    const next = await client.next();
    expect(next).toEqual({ event: 'message', subscription: 'books.1', data: 'next', ...KEPT });
    expectPeriods(next, 2, startMs);
  });

  it('one that waits does so from the last delivery on, whenever it came', async () => {
    const client = await stage.subscriber('books.1');
    const [halfway, mine, later] = [
      { throttle: 0.15, throttle_key: 'halfway' },
      { throttle: 0.3 },
      { throttle: 0.4, throttle_key: 'later' },
    ];
    await stage.publishAll('books.1', [mine, halfway, halfway, later, later]);
    for (const data of [0, 1, 3, 2]) expect(await client.next()).toMatchObject({ data });
    await stage.publish('books.1', 'mine', { options: mine });
    expect(await nextTwo(client)).toMatchObject([{ data: 'mine' }, { data: 4 }]);
  });

  it('one that comes a period after the last is delivered at once', async () => {
    const client = await stage.subscriber('books.1');
    await stage.publishAll('books.1', [{ throttle: PERIOD }, { throttle: PERIOD, throttle_key: 'clock' }]);
    await stage.publishAll('books.1', [{ throttle: PERIOD, throttle_key: 'clock' }]);
    await nextTwo(client);
    await client.next();
    await stage.publish('books.1', 'late', { options: { throttle: PERIOD } });
    expect(await client.next()).toEqual({ event: 'message', subscription: 'books.1', data: 'late', ...LIVE });
  });

  it('one that an order drops does not replace the one that waits', async () => {
    const client = await stage.subscriber('books.1');
    await stage.publishAll(
      'books.1',
      [1, 3, 2, 3].map((order) => ({ order, throttle: PERIOD })),
    );
    expect(await nextTwo(client)).toMatchObject([{ data: 0 }, { data: 1 }]);
    expect(await client.settled()).toEqual([]);
  });

  it('one that a filter field stops counts for nothing', async () => {
    const client = await stage.subscriber('books.1', { extra: 'A' });
    await stage.publishAll('books.1', [{ throttle: LONG }], { extra: 'B' });
    await stage.publishAll('books.1', [{ throttle: PERIOD }, { throttle: PERIOD }], { extra: 'A' });
    await stage.publishAll('books.1', [{}, { throttle: LONG }], { extra: 'B' });
    const [first, second] = await nextTwo(client);
    expect([first, second]).toMatchObject([{ data: 0 }, { data: 1 }]);
  });
});

describe('a throttle', () => {
  it.each([LONG, `${LONG}`, ' 6e1 ', 59.5])('of %j seconds holds back', async (throttle) => {
    expect(await atOnce([{ throttle }, { throttle }])).toEqual([0]);
  });

  it.each([0, '0', -0.5, '-60', -0])('of %j seconds never holds back', async (throttle) => {
    expect(await atOnce([{ throttle: LONG }, { throttle }, { throttle }])).toEqual([0, 1, 2]);
  });

  it.each([null, true, '', 'x', 'NaN', 'Infinity', [], [60], {}])(
    'that is %j is ignored',
    async (throttle) => {
      const ignored = { throttle, throttle_key: 'k' };
      const options = [
        ignored,
        { throttle: LONG, throttle_key: 'k' },
        ignored,
        { throttle: LONG, throttle_key: 'k' },
      ];
      expect(await atOnce(options)).toEqual([0, 1, 2]);
    },
  );

  it('is of no matter to messages without one, nor are they to it', async () => {
    expect(await atOnce([{}, { throttle: LONG }, {}, { throttle: LONG }, {}])).toEqual([0, 1, 2, 4]);
  });

  it('is of each key its own; strings, numbers and others are different keys', async () => {
    const keys = [null, 1, '1', 'null', true, [1], ['1'], { a: 1 }, '__proto__', 'constructor'];
    const options = keys.map((key) => ({ throttle: LONG, throttle_key: key }));
    expect(await atOnce([...options, ...options])).toHaveLength(keys.length);
    expect(await atOnce([{ throttle: LONG }, { throttle: LONG, throttle_key: null }])).toEqual([0]);
  });

  it('is that of each subscription', async () => {
    expect(await atOnce([{ throttle: LONG }])).toEqual([0]);
    expect(await atOnce([{ throttle: LONG }])).toEqual([0]);
  });
});

describe('the message that a throttle holds back', () => {
  it('is lost when the subscription ends, for this session alone', async () => {
    const [leaving, staying] = await Promise.all([stage.subscriber('books.1'), stage.subscriber('books.1')]);
    await stage.publishAll('books.1', Array(2).fill({ throttle: PERIOD }));
    expect(await leaving.next()).toMatchObject({ data: 0 });
    await leaving.ask({ event: 'unsubscribe', subscription: 'books.1' });
    await stage.subscriber('books.1', {}, leaving);

    expect(await nextTwo(staying)).toMatchObject([{ data: 0 }, { data: 1 }]);
    expect(await leaving.settled()).toEqual([]);
  });

  it('leaves no trace in the next subscription', async () => {
    const client = await stage.subscriber('books.1');
    await stage.publishAll('books.1', Array(2).fill({ throttle: LONG }));
    await client.next();
    await client.ask({ event: 'unsubscribe', subscription: 'books.1' });
    await stage.subscriber('books.1', {}, client);
    await stage.publishAll('books.1', [{ throttle: LONG }]);
    expect(await client.settled()).toHaveLength(1);
  });

  it('does no harm when its client is gone', async () => {
    const [leaving, staying] = await Promise.all([stage.subscriber('books.1'), stage.subscriber('books.1')]);
    await stage.publishAll('books.1', Array(2).fill({ throttle: PERIOD }));
    leaving.drop();
    expect(await nextTwo(staying)).toMatchObject([{ data: 0 }, { data: 1 }]);
    expect(await staying.settled()).toEqual([]);
  });
});
