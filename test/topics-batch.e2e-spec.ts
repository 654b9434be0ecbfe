import type { TestClient } from './support/client.js';
import { stageOfFile } from './support/topics.js';
import { deferred, eventually } from './support/wait.js';

const V1 = 'kittiwake.v1.json';
const MANY = Array.from({ length: 40 }, (_, i) => `asked.${i}`);

const stage = stageOfFile((app) => ({
  limits: { subscriptionsPerSession: 50, subscriptionsPerEvent: 45 },
  services: {
    open: { requireAuthentication: false, extraFields: ['extra'] },
    closed: {},
    asked: { requireAuthentication: false, authorizer: `${app}/authorizer`, onMessage: `${app}/message` },
    ended: { requireAuthentication: false, beforeUnsubscribe: `${app}/before-end` },
  },
}));

const subscribe = (subscriptions: unknown, id: unknown = 1): object => ({
  event: 'subscribe',
  subscriptions,
  id,
});
const ok = (subscription: string, event = 'subscribe'): object => ({
  event,
  subscription,
  status: 'ok',
  id: 1,
});
const refused = (code: string, subscription?: unknown): object => {
  const about = subscription === undefined ? {} : { subscription };
  return { event: 'subscribe', status: 'error', error: expect.any(String) as string, code, id: 1, ...about };
};

/** So many frames, by their subscription: their order is nobody's. */
async function replies(client: TestClient, count: number): Promise<Record<string, unknown>[]> {
  const frames: Record<string, unknown>[] = [];
  while (frames.length < count) frames.push(await client.next());
  return frames.toSorted((a, b) => (String(a.subscription) < String(b.subscription) ? -1 : 1));
}

describe('an event with several subscriptions', () => {
  it('subscribes to each, with a reply and the extra fields of each', async () => {
    const client = await stage.connect(V1);
    client.send(subscribe(['open.1', { subscription: 'open.2', extra: 'e', id: 7 }]));
    expect(await replies(client, 2)).toEqual([ok('open.1'), { ...ok('open.2'), extra: 'e' }]);
    await stage.publish('open.2', 'D');
    expect(await client.next()).toMatchObject({ event: 'message', subscription: 'open.2', extra: 'e' });
    expect(await client.settled()).toEqual([]);
  });

  // 50 topics whose callbacks take 60 ms each were subscribed to one after the other, in 3.3 s.
  it('has the app asked of sixteen at a time', async () => {
    const decided = deferred();
    stage.app.answer('/authorizer', ...MANY.map(() => ({ after: decided.promise })));
    const client = await stage.connect(V1);
    client.send(subscribe(MANY));
    await stage.app.requests('/authorizer', 16);
    await client.ask({ event: 'ping' });
    await fetch(stage.app.url, { method: 'POST' });
    expect(await stage.app.requests('/authorizer')).toHaveLength(16);
    decided.resolve();
    expect(await replies(client, MANY.length)).toEqual(MANY.toSorted().map((topic) => ok(topic)));
  });

  it('is done before the next event begins', async () => {
    const client = await stage.connect(V1);
    stage.app.answer('/message', { body: { status: 'ok', data: 'D' } });
    client.send(subscribe(MANY)).send({ event: 'message', subscription: 'asked.39', data: 1 });
    await replies(client, MANY.length);
    expect(await client.next()).toEqual({
      event: 'message',
      subscription: 'asked.39',
      status: 'ok',
      data: 'D',
    });
  });

  it('has a refusal for each that may not be, as an event about it alone has', async () => {
    const client = await stage.connect(V1);
    await stage.subscriber('open.2', {}, client);
    stage.app.answer('/authorizer', { body: { status: 'error', error: 'own' } });
    const subscriptions = [
      'open.1',
      'open.1',
      'open.2',
      'asked.1',
      'closed.1',
      'nothing.1',
      'x',
      5,
      null,
      {},
    ];
    client.send(subscribe(subscriptions));
    const frames = await replies(client, subscriptions.length);
    expect(frames).toHaveLength(10);
    expect(frames).toEqual(
      expect.arrayContaining([
        ok('open.1'),
        refused('repeated_subscription', 'open.1'),
        refused('already_subscribed', 'open.2'),
        { ...refused('unauthorized', 'asked.1'), error: 'own' },
        refused('authentication_required', 'closed.1'),
        refused('invalid_service', 'nothing.1'),
        refused('invalid_subscription', 'x'),
        refused('invalid_subscription', 5),
      ]),
    );
    expect(frames.filter((frame) => !('subscription' in frame))).toEqual([
      refused('invalid_subscription'),
      refused('invalid_subscription'),
    ]);
  });

  it.each<[string, object]>([
    ['invalid_subscriptions', subscribe([])],
    ['invalid_subscriptions', subscribe('open.1')],
    ['invalid_subscriptions', subscribe(null)],
    ['invalid_subscriptions', subscribe({ subscription: 'open.1' })],
    ['too_many_topics', subscribe(Array.from({ length: 46 }, (_, i) => `open.${i}`))],
  ])('is refused as a whole with one reply: %s', async (code, event) => {
    const client = await stage.connect(V1);
    expect(await client.send(event).settled()).toEqual([refused(code)]);
  });

  it('is refused when its id, which comes back with every reply, is long', async () => {
    const client = await stage.connect(V1);
    expect(await client.ask(subscribe(['open.1'], 'x'.repeat(1023)))).toMatchObject({ code: 'id_too_long' });
    expect(await client.ask(subscribe(['open.1'], 'x'.repeat(1022)))).toMatchObject({ status: 'ok' });
  });

  it('gets no more than the subscriptions that are left', async () => {
    const client = await stage.connect(V1);
    client.send(subscribe(MANY));
    await replies(client, MANY.length);
    client.send(subscribe(Array.from({ length: 12 }, (_, i) => `asked.more${i}`)));
    const frames = await replies(client, 12);
    expect(frames.filter(({ status }) => status === 'ok')).toHaveLength(10);
    expect(frames.filter(({ code }) => code === 'too_many_subscriptions')).toHaveLength(2);
  });

  it('ends several subscriptions when it is an unsubscribe', async () => {
    const client = await stage.connect(V1);
    client.send(subscribe(['open.1', 'ended.1', 'ended.2']));
    await replies(client, 3);
    stage.app.answer('/before-end', { body: { status: 'error', error: 'own' } }, {});
    client.send({ event: 'unsubscribe', subscriptions: ['ended.1', 'ended.2', 'open.1', 'open.2'], id: 1 });
    const frames = await replies(client, 4);
    expect(frames.filter(({ status }) => status === 'ok')).toHaveLength(2);
    expect(frames.map(({ code }) => code)).toEqual(expect.arrayContaining(['refused', 'not_subscribed']));
  });

  it('does not begin with the rest when the client is gone', async () => {
    const decided = deferred();
    stage.app.answer('/authorizer', ...MANY.map(() => ({ after: decided.promise })));
    const client = await stage.connect(V1);
    client.send(subscribe(MANY));
    await stage.app.requests('/authorizer', 16);
    client.drop();
    await eventually(async () => (await stage.gateway.metric('kittiwake_connections')) === 0);
    decided.resolve();
    await stage.everyoneLeaves();
    expect(await stage.app.requests('/authorizer')).toHaveLength(16);
  });
});

describe('without kittiwake.v1.json', () => {
  it('a list of subscriptions means nothing', async () => {
    const client = await stage.connect();
    for (const event of ['subscribe', 'unsubscribe']) {
      expect(await client.send({ ...subscribe(['open.1']), event }).settled()).toEqual([
        { event, status: 'error', error: 'Invalid subscription format.' },
      ]);
    }
  });
});
