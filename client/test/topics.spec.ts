import { getEventListeners } from 'node:events';
import { jest } from '@jest/globals';
import { live, topic, type TopicEvent } from 'kittiwake-client';
import { World } from './world.js';

/** Everything that a topic tells, as short texts. */
function told(events: TopicEvent[]): string[] {
  return events.map((event) => {
    if (event.type === 'presence') return 'presence';
    if (event.type === 'gap') return `gap:${event.gap.reason}`;
    return `${event.type}:${JSON.stringify(event.type === 'state' ? event.state : event.data)}`;
  });
}

async function liveTopic(answer = {}) {
  const world = new World();
  world.server.topic('books.1', { state: 'S', ...answer });
  const book = topic(world.client, 'books.1');
  const events: TopicEvent[] = [];
  book.on('event', (event) => events.push(event));
  await world.pass(0);
  return { world, book, events };
}

describe('a topic', () => {
  it('brings the state, and every update after it', async () => {
    const { world, book, events } = await liveTopic();
    world.server.publish('books.1', 1);
    world.server.publish('books.1', 2);
    expect(told(events)).toEqual(['state:"S"', 'update:1', 'update:2']);
    expect([book.status, await book.ready()]).toEqual(['live', 'S']);
  });

  it('is one subscription however many follow it, and ends with the last of them', async () => {
    const { world, book } = await liveTopic();
    const second = topic(world.client, 'books.1');
    const third = topic(world.client, 'books.1');
    await world.pass(0);
    book.close();
    second.close();
    await world.pass(0);
    expect([world.got('subscribe').length, world.got('unsubscribe').length]).toEqual([1, 0]);
    third.close();
    await world.pass(0);
    expect(world.got('unsubscribe')).toMatchObject([{ subscriptions: ['books.1'] }]);
  });

  it('is not left and joined by one who closes and opens it in a turn', async () => {
    const { world, book } = await liveTopic();
    book.close();
    const again = topic(world.client, 'books.1');
    await world.pass(0);
    expect([world.got('subscribe').length, world.got('unsubscribe').length, again.status]).toEqual([
      1,
      0,
      'live',
    ]);
  });

  it('is never already subscribed, however quickly it is closed and opened', async () => {
    const { world, book } = await liveTopic({ delayMs: 50 });
    await world.pass(50);
    let last = book;
    for (let times = 0; times < 20; times++) {
      last.close();
      await Promise.resolve();
      await Promise.resolve();
      if (times % 3 === 0) await world.pass(times);
      last = topic(world.client, 'books.1');
      if (times % 2 === 0) await world.pass(10);
    }
    await world.pass(2000);
    expect([last.status, last.error]).toEqual(['live', undefined]);
    world.server.publish('books.1', 'U');
    const { value } = live(last, (_, update) => update);
    expect(value.data).toBe('U');
  });

  it('throws when it is opened with other fields than it has', async () => {
    const { world, book } = await liveTopic();
    expect(() => topic(world.client, 'books.1', { fields: { author: 1 } })).toThrow('open with other fields');
    book.close();
    topic(world.client, 'books.1', { fields: { author: 1 } });
    await world.pass(0);
    expect(world.got('subscribe')[1]).toMatchObject({
      subscriptions: [{ subscription: 'books.1', author: 1 }],
    });
  });

  it('leaves once, and joins anew, when it is closed and opened with other fields', async () => {
    const { world, book } = await liveTopic({ history: 9 });
    book.close();
    const other = topic(world.client, 'books.1', { fields: { author: 1 } });
    const heard: unknown[] = [];
    other.on('event', (event) => heard.push(event));
    expect(other.status).toBe('joining');
    world.server.publish('books.1', 'of those before');
    world.server.send({ event: 'unsubscribe', subscription: 'books.1', code: 'unauthorized' });
    await world.pass(0);
    expect(world.got('unsubscribe')).toMatchObject([{ subscriptions: ['books.1'] }]);
    expect([told(heard as TopicEvent[]), other.status]).toEqual([['state:"S"'], 'live']);
    other.close();
    await world.pass(0);
    world.server.topic('books.1', { state: 'T', delayMs: 10 });
    topic(world.client, 'books.1', { fields: { author: 2 } }).close();
    await Promise.resolve();
    const third = topic(world.client, 'books.1', { fields: { author: 3 } });
    await world.pass(50);
    expect(third.status).toBe('live');
  });

  it('begins for one who comes later with the state and what has come since', async () => {
    const { world } = await liveTopic();
    world.server.publish('books.1', 1);
    const late = topic(world.client, 'books.1');
    const heard: unknown[] = [];
    late.on('state', (state) => heard.push(state));
    late.on('update', (update) => heard.push(update));
    expect(heard).toEqual([]);
    await Promise.resolve();
    world.server.publish('books.1', 2);
    expect(heard).toEqual(['S', 1, 2]);
  });

  it('asks for the state anew where too much has come since for one who comes later', async () => {
    const { world, book, events } = await liveTopic();
    for (let update = 0; update < 300; update++) world.server.publish('books.1', update);
    world.server.topic('books.1', { state: 'T' });
    const late = topic(world.client, 'books.1');
    const view = live(late, (_, update) => update);
    await world.pass(0);
    expect([view.value.data, book.status]).toEqual(['T', 'live']);
    expect(told(events).at(-1)).toBe('state:"T"');
  });

  it('tells a gap and the state again where nothing is kept', async () => {
    const { world, book, events } = await liveTopic();
    world.server.cut();
    expect(book.status).toBe('stale');
    world.server.topic('books.1', { state: 'T' });
    await world.pass(1000);
    expect(told(events)).toEqual(['state:"S"', 'gap:unrecovered', 'state:"T"']);
  });

  it('gets what it has missed, once and in order, where a history is kept', async () => {
    const { world, events } = await liveTopic({ history: 100 });
    world.server.publish('books.1', 1);
    world.server.cut();
    for (const update of [2, 3, 4]) world.server.publish('books.1', update);
    await world.pass(1000);
    world.server.publish('books.1', 5);
    expect(told(events)).toEqual(['state:"S"', 'update:1', 'update:2', 'update:3', 'update:4', 'update:5']);
    expect(events.at(-1)).toMatchObject({ meta: { position: 'e.5' } });
  });

  it('tells the gap before the state when more was missed than is kept', async () => {
    const { world, events } = await liveTopic({ history: 2 });
    world.server.cut();
    for (const update of [1, 2, 3]) world.server.publish('books.1', update);
    await world.pass(1000);
    expect(events.slice(1)).toMatchObject([
      { type: 'gap', gap: { reason: 'unrecovered', why: 'gap_too_long' } },
      { type: 'state', state: 'S' },
    ]);
  });

  it('follows the positions that come without a message, and none that others have', async () => {
    const { world } = await liveTopic({ history: 9 });
    world.server.send({ event: 'position', subscription: 'books.1', position: 'e.7' });
    world.server.send({ event: 'position', subscription: 'books.2', position: 'e.8' });
    world.server.cut();
    await world.pass(1000);
    expect(world.got('subscribe')[1]).toMatchObject({ subscriptions: [{ position: 'e.7' }], recover: true });
  });

  it('tells a gap and asks for the state when the gateway says that positions begin anew', async () => {
    const { world, events } = await liveTopic({ history: 9 });
    world.server.send({ event: 'reset', subscription: 'books.1', reason: 'position_lost', position: 'f.1' });
    world.server.topic('books.1', { state: 'T', history: 9 });
    await world.pass(0);
    expect(told(events)).toEqual(['state:"S"', 'gap:unrecovered', 'state:"T"']);
  });

  it('tells how many updates a slow client has not got', async () => {
    const { world, events } = await liveTopic();
    world.server.send({ event: 'dropped', subscription: 'books.1', count: 12 });
    expect(events.at(-1)).toEqual({ type: 'gap', gap: { reason: 'dropped', count: 12 } });
  });

  it('ends once when it is refused, and says why', async () => {
    const { world, book } = await liveTopic({ refuse: 'unauthorized' });
    const reader = book.events();
    await expect(reader.next()).rejects.toMatchObject({ code: 'unauthorized' });
    await expect(reader.next()).resolves.toEqual({ done: true, value: undefined });
    await expect(book.ready()).rejects.toMatchObject({ code: 'unauthorized', temporary: false });
    await world.pass(60_000);
    expect([book.status, world.got('subscribe').length]).toEqual(['ended', 1]);
  });

  it('ends when the gateway ends it', async () => {
    const { world, book } = await liveTopic();
    world.server.send({
      event: 'unsubscribe',
      subscription: 'books.1',
      error: 'Unauthorized.',
      code: 'unauthorized',
    });
    expect([book.status, book.error?.code]).toEqual(['ended', 'unauthorized']);
    world.server.publish('books.1', 1);
  });

  it('tries again, less and less often, while the app cannot be asked', async () => {
    const { world, book } = await liveTopic({ refuse: 'service_unavailable' });
    await world.pass(120_000);
    expect(world.got('subscribe').length).toBeGreaterThan(5);
    expect(world.got('subscribe').length).toBeLessThan(20);
    world.server.topic('books.1', { state: 'T' });
    await world.pass(30_000);
    expect(await book.ready()).toBe('T');
  });

  it('asks for many at once, 200 at a time, also when it comes back', async () => {
    const world = new World();
    const names = Array.from({ length: 450 }, (_, index) => `books.${index}`);
    for (const name of names) world.server.topic(name, { state: name });
    const all = names.map((name) => topic(world.client, name));
    await world.pass(0);
    world.server.cut();
    await world.pass(1000);
    const sizes = world.got('subscribe').map(({ subscriptions }) => (subscriptions as unknown[]).length);
    expect(sizes).toEqual([200, 200, 50, 200, 200, 50]);
    expect(all.every(({ status }) => status === 'live')).toBe(true);
  });

  it('keeps to the limits that the gateway has told', async () => {
    const world = new World();
    const hello = {
      event: 'hello',
      connection_id: 'c',
      limits: { frame_bytes: 10_000, subscriptions_per_event: 3 },
    };
    const limited = new World(
      {
        transports: [
          (_url, events) => {
            const transport = world.server.transport('', {
              ...events,
              frame: (text) => events.frame(text.includes('"hello"') ? JSON.stringify(hello) : text),
            });
            return transport;
          },
        ],
      },
      world.server,
    );
    for (const index of [1, 2, 3, 4]) world.server.topic(`books.${index}`);
    for (const index of [1, 2, 3, 4]) topic(limited.client, `books.${index}`);
    await limited.pass(0);
    for (const index of [5, 6]) world.server.topic(`books.${index}`);
    for (const index of [5, 6]) topic(limited.client, `books.${index}`, { fields: { f: 'x'.repeat(1000) } });
    await limited.pass(0);
    const sizes = world.got('subscribe').map(({ subscriptions }) => (subscriptions as unknown[]).length);
    expect(sizes).toEqual([3, 1, 1, 1]);
  });

  it('tells once that it has ended', async () => {
    const { world, book } = await liveTopic();
    const heard: string[] = [];
    book.on('status', (status) => heard.push(status));
    world.server.send({ event: 'unsubscribe', subscription: 'books.1', code: 'unauthorized' });
    book.close();
    expect(heard).toEqual(['ended']);
  });

  it('is closed when a loop over it is too slow', async () => {
    const { world, book } = await liveTopic();
    const reader = book[Symbol.asyncIterator]();
    for (let update = 0; update <= 1024; update++) world.server.publish('books.1', update);
    await world.pass(0);
    expect([book.status, world.got('unsubscribe').length]).toEqual(['ended', 1]);
    await reader.return!();
  });

  it('leaves nothing on a signal when it ends', async () => {
    const { book } = await liveTopic();
    const { signal } = new AbortController();
    book.on('update', () => {}, { signal });
    book.events({ signal });
    book.on('status', () => {}, { signal })();
    await book.ready({ signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(2);
    book.close();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('is closed when a loop over it throws', async () => {
    const { world, book } = await liveTopic();
    const reading = (async () => {
      for await (const { type } of book) throw new Error(type);
    })();
    await expect(reading).rejects.toThrow('state');
    await world.pass(0);
    expect([book.status, world.got('unsubscribe').length]).toEqual(['ended', 1]);
  });

  it('is opened by those who hear of others, and while the app is asked for a token', async () => {
    const give: (() => void)[] = [];
    const world = new World({
      auth: { token: () => new Promise((resolve) => give.push(() => resolve('t'))) },
    });
    for (const name of ['books.1', 'books.2']) world.server.topic(name, { state: name });
    const all = [topic(world.client, 'books.1')];
    const open = (): void => void all.push(topic(world.client, 'books.1'), topic(world.client, 'books.2'));
    all[0]!.on('state', open);
    all[0]!.on('status', open);
    await world.pass(0);
    open();
    give.forEach((now) => now());
    await world.pass(0);
    expect(all.map(({ status, error }) => [status, error])).toEqual(all.map(() => ['live', undefined]));
    expect(all).toHaveLength(7);
    expect(world.got('subscribe').flatMap(({ subscriptions }) => subscriptions)).toEqual([
      { subscription: 'books.1' },
      { subscription: 'books.2' },
    ]);
  });

  it('reads everything in order with for await, and is closed when the loop is left', async () => {
    const { world, book } = await liveTopic();
    const read: TopicEvent[] = [];
    const reading = (async () => {
      for await (const event of book) {
        read.push(event);
        if (event.type === 'update' && event.data === 2) break;
      }
    })();
    await world.pass(0);
    for (const update of [1, 2, 3]) world.server.publish('books.1', update);
    await reading;
    await world.pass(0);
    expect(told(read)).toEqual(['state:"S"', 'update:1', 'update:2']);
    expect([book.status, world.got('unsubscribe').length]).toEqual(['ended', 1]);
  });

  it.each([
    ['error', ['state:"S"', 'update:0', 'update:1'], 'reader_too_slow'],
    ['drop-oldest', ['update:8', 'update:9', 'update:10'], undefined],
    ['latest', ['update:8', 'update:9', 'update:10'], undefined],
  ] as const)('lets nobody read too slowly: %s', async (overflow, expected, code) => {
    const { world, book } = await liveTopic();
    const reader = book.events({ buffer: 3, overflow });
    for (let update = 0; update <= 10; update++) world.server.publish('books.1', update);
    const read: TopicEvent[] = [];
    const reading = (async () => {
      for await (const event of reader) read.push(event);
    })();
    const [ended] = await Promise.all([
      Promise.allSettled([reading]),
      world.pass(0).then(() => book.close()),
    ]);
    expect(ended).toMatchObject([code ? { reason: { code } } : { status: 'fulfilled' }]);
    expect(told(read)).toEqual(expected);
  });

  it('ends with its signal, and so do its listeners and readers with theirs', async () => {
    const { world, book } = await liveTopic();
    const abort = new AbortController();
    const other = topic(world.client, 'books.1', { signal: abort.signal });
    const heard: unknown[] = [];
    const reading = new AbortController();
    book.on('update', (update) => heard.push(update), { signal: reading.signal });
    const reader = book.events({ signal: reading.signal });
    await world.pass(0);
    abort.abort();
    reading.abort(new Error('enough'));
    world.server.publish('books.1', 1);
    expect([other.status, book.status, heard]).toEqual(['ended', 'live', []]);
    await expect(reader.next()).rejects.toThrow('enough');
  });

  it('is not stopped by a listener that throws', async () => {
    const error = jest.spyOn(console, 'error').mockImplementation(() => {});
    const { world, book, events } = await liveTopic();
    book.on('update', () => {
      throw new Error('of the user');
    });
    world.server.publish('books.1', 1);
    await world.pass(0);
    world.server.publish('books.1', 2);
    expect([told(events), error.mock.calls.length]).toEqual([['state:"S"', 'update:1', 'update:2'], 2]);
    error.mockRestore();
  });

  it('keeps the connection while it is open, and lets it go afterwards', async () => {
    const { world, book } = await liveTopic();
    await world.pass(3_600_000);
    expect(world.client.state).toBe('live');
    book.close();
    await world.pass(5000);
    expect([world.client.state, world.server.clock.timers]).toEqual(['idle', 0]);
  });

  it('ends when the client is closed, and its readers with it', async () => {
    const { world, book } = await liveTopic();
    const reading = (async () => {
      for await (const event of book.events()) expect(event.type).toBe('state');
    })();
    world.client.close();
    await reading;
    expect([book.status, book.error?.code]).toEqual(['ended', 'closed']);
    expect(() => topic(world.client, 'books.1')).toThrow('closed');
  });

  it('is asked for again when the gateway says that it makes sense, and not by all at once', async () => {
    const world = new World();
    world.server.topic('books.1', { refuse: 'service_unavailable', retryAfter: 30 });
    const book = topic(world.client, 'books.1');
    await world.pass(0);
    expect(world.got('subscribe')).toHaveLength(1);
    world.server.topic('books.1', { state: 'S' });
    await world.pass(30_400);
    expect(book.error).toMatchObject({ code: 'service_unavailable', retryAfterMs: 30_000 });
    await world.pass(1200);
    expect([book.status, world.got('subscribe').length]).toEqual(['live', 2]);
  });

  it('has a name', () => {
    expect(() => topic(new World().client, '')).toThrow(TypeError);
  });

  it('is a store of the state with its updates, which knows when it is stale', async () => {
    const world = new World<{ topics: { 'books.1': { state: string; update: string } } }>();
    world.server.topic('books.1', { state: 'S', history: 9 });
    const view = live(topic(world.client, 'books.1'), (data, update) => data + update);
    const seen: unknown[] = [];
    view.subscribe(({ data, status }) => seen.push([data, status]));
    await world.pass(0);
    const before = view.value;
    expect(view.value).toBe(before);
    world.server.publish('books.1', '+');
    world.server.cut();
    world.server.publish('books.1', '-');
    await world.pass(1000);
    expect(seen).toEqual([
      [undefined, 'joining'],
      ['S', 'joining'],
      ['S', 'live'],
      ['S+', 'live'],
      ['S+', 'stale'],
      ['S+', 'live'],
      ['S+-', 'live'],
    ]);
  });
});

describe('a message to a topic', () => {
  it('is answered by the app', async () => {
    const { world, book } = await liveTopic({ onMessage: (data: number) => data * 2 });
    const reply = book.send(21);
    await world.pass(0);
    expect(await reply).toBe(42);
  });

  it('is rejected at once when the topic is closed, also while there is no connection', async () => {
    const { world, book } = await liveTopic();
    world.server.refuse();
    world.server.cut();
    const before = book.send('x');
    book.close();
    await expect(before).rejects.toMatchObject({ code: 'closed', sent: false });
    await expect(book.send('y')).rejects.toMatchObject({ code: 'closed', sent: false });
  });

  it('waits until the topic is there, and is refused with it', async () => {
    const world = new World();
    world.server.topic('books.1', { delayMs: 5000, onMessage: () => 'taken' });
    world.server.topic('books.2', { delayMs: 5000, refuse: 'unauthorized' });
    const replies = Promise.allSettled(
      ['books.1', 'books.2'].map((name) => topic(world.client, name).send('x')),
    );
    await world.pass(5000);
    expect(await replies).toMatchObject([{ value: 'taken' }, { reason: { code: 'unauthorized' } }]);
    expect(world.got('message')).toHaveLength(1);
  });
});
