import type { KittiwakeOptions } from '../src/config/options.js';
import { type LifecycleEvent, type LifecycleRequest, OnLifecycle, TopicService } from '../src/index.js';
import { TestClient } from './support/client.js';
import { createApp, moduleOf, TestApp } from './support/nest-app.js';
import type { Answer } from './support/stub-app.js';
import { stageOfFile, stageOfTest } from './support/topics.js';
import { eventually } from './support/wait.js';

const configure =
  (more: object = {}) =>
  (app: string): KittiwakeOptions => ({
    auth: { ticket: { url: `${app}/ticket` } },
    callbacks: { wait: '10ms', tries: 1 },
    services: {
      books: {
        requireAuthentication: false,
        onLifecycle: `${app}/lists`,
        lifecyclePeriod: '20ms',
        lifecycleDebounce: '20ms',
        ...more,
      },
      plain: { requireAuthentication: false },
    },
  });

type Stage = ReturnType<typeof stageOfFile>;

const lists = ({ app }: Stage): LifecycleEvent[][] =>
  app.asked.flatMap(({ path, body }) => (path === '/lists' ? [body.events as LifecycleEvent[]] : []));
const eventsOf = (stage: Stage): LifecycleEvent[] => lists(stage).flat();

/** All events, once there are so many. */
function events(stage: Stage, count: number): Promise<LifecycleEvent[]> {
  return eventually(() => eventsOf(stage).length >= count && eventsOf(stage), { what: `${count} events` });
}

const stage = stageOfFile(configure());

describe('a service that hears of lives in lists', () => {
  it('hears of each client and each topic once, when they come and when they go', async () => {
    const client = await stage.authenticated({ user_id: 'ann' });
    await stage.subscriber('books.1', {}, client);
    await stage.subscriber('books.2', {}, client);
    await stage.subscriber('books.1');
    const begun = await events(stage, 4);
    expect(begun.map(({ event, subscription, identity }) => [event, subscription ?? identity])).toEqual([
      ['began', { user_id: 'ann' }],
      ['occupied', 'books.1'],
      ['occupied', 'books.2'],
      ['began', null],
    ]);
    await client.close();
    const gone = (await events(stage, 6)).slice(4);
    expect(gone[0]).toMatchObject({ event: 'ended', reason: 'closed', identity: { user_id: 'ann' } });
    expect(gone[0]!.connection).toBe(begun[0]!.connection);
    expect(gone[1]).toMatchObject({ event: 'vacated', subscription: 'books.2', node: begun[2]!.node });
    expect(new Set(eventsOf(stage).map(({ id }) => id)).size).toBe(6);
    expect(eventsOf(stage).every(({ at }) => Math.abs(Date.parse(at) - Date.now()) < 60_000)).toBe(true);
  });

  it('hears that a client has ended with its last subscription', async () => {
    const client = await stage.subscriber('books.1');
    await stage.subscriber('books.2', {}, client);
    await stage.subscriber('plain.1', {}, client);
    await client.ask({ event: 'unsubscribe', subscription: 'books.1' });
    await client.ask({ event: 'unsubscribe', subscription: 'books.2' });
    const all = await events(stage, 6);
    expect(all.find(({ event }) => event === 'ended')).toMatchObject({ reason: 'left' });
  });

  it('hears nothing of subscriptions that did not come about', async () => {
    await (await stage.connect()).ask({ event: 'subscribe', subscription: 'books.' });
    await stage.subscriber('books.3');
    expect((await events(stage, 2)).map(({ event }) => event)).toEqual(['began', 'occupied']);
  });
});

describe('a topic that has subscriptions again before long', () => {
  const calm = stageOfTest(configure({ lifecycleDebounce: '10m' }));
  const brief = stageOfTest(configure({ lifecycleDebounce: '200ms' }));

  it('was not vacated', async () => {
    await (await calm.subscriber('books.1')).close();
    await events(calm, 3);
    await calm.subscriber('books.1');
    const all = (await events(calm, 4)).map(({ event }) => event);
    expect(all).toEqual(['began', 'occupied', 'ended', 'began']);
  });

  it('is vacated later than one that stays without', async () => {
    await (await brief.subscriber('books.1')).close();
    await events(brief, 3);
    const back = await brief.subscriber('books.1');
    await (await brief.subscriber('books.2')).close();
    const all = await eventually(
      () => eventsOf(brief).some(({ event }) => event === 'vacated') && eventsOf(brief),
    );
    expect(all.filter(({ event }) => event === 'vacated').map(({ subscription }) => subscription)).toEqual([
      'books.2',
    ]);
    await back.close();
  });

  it('is vacated without delay when the gateway stops', async () => {
    await calm.subscriber('books.1');
    await calm.gateway.stop();
    expect(
      eventsOf(calm)
        .map(({ event }) => event)
        .toSorted(),
    ).toEqual(['began', 'ended', 'occupied', 'vacated']);
  });
});

describe('many clients that go at once', () => {
  const capped = stageOfTest(configure({ lifecycleEvents: 10, lifecyclePeriod: '50ms' }));

  it('are told in lists of no more than so many, and no more often than so', async () => {
    const clients = await Promise.all(Array.from({ length: 40 }, () => capped.subscriber('books.1')));
    await events(capped, 41);
    const before = lists(capped).length;
    for (const client of clients) client.drop();
    const startedMs = performance.now();
    await events(capped, 82);
    expect(performance.now() - startedMs).toBeGreaterThan(150);
    const sizes = lists(capped).map(({ length }) => length);
    expect(Math.max(...sizes)).toBe(10);
    expect(sizes.length - before).toBeLessThan(10);
  });
});

describe('an app that is away', () => {
  const away = stageOfTest(configure());

  it('hears the same, in order, when it is back', async () => {
    away.app.answer('/lists', ...Array.from({ length: 3 }, (): Answer => ({ status: 503 })));
    await (await away.subscriber('books.1')).close();
    await eventually(
      () => away.app.asked.length >= 4 && eventsOf(away).some(({ event }) => event === 'vacated'),
    );
    const ids = eventsOf(away).map(({ id }) => id);
    const told = lists(away).slice(3).flat();
    expect(told.map(({ event }) => event)).toEqual(['began', 'occupied', 'ended', 'vacated']);
    expect(new Set(ids).size).toBe(4);
  });
});

describe('an app that stays away', () => {
  const hasty = stageOfTest((app) => ({
    ...configure()(app),
    callbacks: { wait: '10ms', tries: 1, endTimeout: '50ms' },
  }));

  it('is not told any more after a time, and that is counted', async () => {
    hasty.app.answer('/lists', ...Array.from({ length: 100 }, (): Answer => ({ status: 503 })));
    await hasty.subscriber('books.1');
    const dropped = (): Promise<number> =>
      hasty.gateway.metric('kittiwake_callbacks_dropped_total', { callback: 'onLifecycle' });
    await eventually(async () => (await dropped()) === 2);
    expect(lists(hasty).length).toBeGreaterThan(1);
  });
});

describe('in process', () => {
  it('comes as a request with events', async () => {
    const heard: LifecycleRequest[] = [];

    @TopicService('books', { requireAuthentication: false, lifecyclePeriod: '10ms' })
    class Books {
      @OnLifecycle()
      onLifecycle(request: LifecycleRequest): void {
        heard.push(request);
      }
    }
    const app = await TestApp.listen(await createApp(moduleOf({ providers: [Books] })));
    const client = await TestClient.connect(app.url);
    await client.ask({ event: 'subscribe', subscription: 'books.1' });
    const [first] = await eventually(() => heard.length > 0 && heard);
    expect(first!.service).toBe('books');
    expect(first!.events.map(({ event }) => event)).toEqual(['began', 'occupied']);
    await client.close();
    await app.stop();
  });
});
