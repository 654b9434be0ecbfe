import {
  BeforeSubscribe,
  type GapRequest,
  Kittiwake,
  MissedPublications,
  OnGap,
  TopicService,
  TopicState,
} from '../src/index.js';
import { TestClient } from './support/client.js';
import { createApp, moduleOf, TestApp } from './support/nest-app.js';
import { KEPT, LIVE, stageOfFile } from './support/topics.js';
import { deferred, eventually } from './support/wait.js';

const V1 = 'kittiwake.v1.json';
const POSITION = expect.stringMatching(/^[\w-]+\.\d+$/) as string;

const stage = stageOfFile((app) => ({
  publish: { maxBatch: 8 },
  limits: { outboxBytes: '64KiB' },
  services: {
    books: {
      requireAuthentication: false,
      history: { size: 3 },
      extraFields: ['list'],
      filterFields: ['list'],
      onGap: `${app}/gap`,
      beforeSubscribe: `${app}/before`,
    },
  },
}));

/** A topic that no other test has used. */
let topic = '';
let topics = 0;
beforeEach(() => (topic = `books.${++topics}`));

async function publish(data: unknown, more: object = {}): Promise<string> {
  const response = await stage.gateway.publish({ subscription: topic, data, ...more });
  return ((await response.json()) as { position: string }).position;
}

async function back(position: unknown = 'gone.1', more: object = {}): Promise<[TestClient, object]> {
  const client = await stage.connect(V1);
  return [client, await client.ask({ event: 'subscribe', subscription: topic, position, ...more })];
}

const message = (data: unknown, more: object = {}): object => ({
  event: 'message',
  subscription: topic,
  data,
  ...KEPT,
  ...more,
});
const RECOVERED = { event: 'subscribe', status: 'ok', recovered: true };
const publications = (...items: object[]): object => ({ body: { status: 'ok', publications: items } });

describe('a gap that the app fills with publications', () => {
  it('is one that the client is told nothing of: it gets them, what came meanwhile, and where it is', async () => {
    const after = deferred();
    const items = [{ data: 'a' }, { data: 'b', published_at: '2026-11-20T05:01:56Z' }];
    stage.app.answer('/gap', { ...publications(...items), after: after.promise });
    const client = await stage.connect(V1);
    client.send({ event: 'subscribe', subscription: topic, position: 'gone.1' });
    const [asked] = await stage.app.requests('/gap');
    expect(asked!.body).toEqual({ subscription: topic, position: 'gone.1', reason: 'position_lost' });
    const position = await publish('c');
    after.resolve();
    expect(await client.next()).toEqual({ ...RECOVERED, subscription: topic });
    expect(await client.next()).toEqual(message('a'));
    expect(await client.next()).toEqual(message('b', { published_at: '2026-11-20T05:01:56+00:00' }));
    expect(await client.next()).toEqual(message('c', { position }));
    expect(await client.next()).toEqual({ event: 'position', subscription: topic, position });
    const next = await publish('d');
    expect(await client.next()).toEqual({ ...message('d', { position: next }), ...LIVE });
    expect((await stage.app.requests('/before'))[0]!.body).toMatchObject({ recovered: true });
    expect(await stage.gateway.metric('kittiwake_history_recoveries_total', { outcome: 'filled' })).toBe(1);
  });

  it('goes on from where the app says', async () => {
    const first = await publish(0);
    const told = [await publish(1), await publish(2), await publish(3), await publish(4)];
    stage.app.answer('/gap', {
      body: {
        status: 'ok',
        position: told[2],
        publications: [{ data: 1 }, { data: 2 }, { data: 3 }],
      },
    });
    const [client, reply] = await back(first);
    expect(reply).toEqual({ ...RECOVERED, subscription: topic });
    expect((await stage.app.requests('/gap'))[0]!.body).toMatchObject({ reason: 'gap_too_long' });
    expect(await client.settled()).toEqual([
      ...[1, 2, 3].map((data) => message(data)),
      message(4, { position: told[3] }),
      { event: 'position', subscription: topic, position: told[3] },
    ]);
  });

  it('is by filter, order and throttle', async () => {
    const throttled = { throttle: 5, throttle_key: 'k' };
    await publish('among what was missed', { options: { order: 9 } });
    const items = [
      { data: 1, list: 'x' },
      { data: 2, list: 'y' },
      { data: 3, options: { order: 2 } },
      { data: 4, options: { order: 1 } },
      { data: 5, options: throttled },
      { data: 6, options: throttled },
    ];
    stage.app.answer('/gap', publications(...items));
    const [client] = await back('gone.1', { list: 'x' });
    const got = await client.settled();
    expect(got).toMatchObject([{ data: 1 }, { data: 3 }, { data: 6 }, { event: 'position' }]);
    expect((await stage.app.requests('/gap'))[0]!.body).not.toHaveProperty('list');
  });

  it('is asked about again by a client that is cut off, and not by one that has got there', async () => {
    stage.app.answer('/gap', publications({ data: 1 }));
    const [client] = await back();
    const position = (await client.settled()).at(-1)?.position;
    expect(position).toEqual(POSITION);
    const [, reply] = await back(position);
    expect(reply).toMatchObject({ recovered: true });
    expect(await stage.app.requests('/gap')).toHaveLength(1);
  });

  /** Who came later had not joined when the app was asked: what was published in between was lost for it. */
  it('is asked about once for all who miss the same, and none misses what was published meanwhile', async () => {
    const after = deferred();
    stage.app.answer('/gap', { ...publications({ data: 'a' }), after: after.promise });
    const clients = [await stage.connect(V1), await stage.connect(V1)];
    const subscribe = { event: 'subscribe', subscription: topic, position: 'gone.1' };
    clients[0]!.send(subscribe);
    await stage.app.requests('/gap');
    await publish('b');
    clients[1]!.send(subscribe);
    await eventually(async () => (await stage.gateway.metric('kittiwake_subscriptions')) === 2);
    await publish('c');
    after.resolve();
    for (const client of clients) {
      const got = [await client.next(), await client.next(), await client.next(), await client.next()];
      expect(got).toMatchObject([RECOVERED, { data: 'a' }, { data: 'b' }, { data: 'c' }]);
    }
    expect(await stage.app.requests('/gap')).toHaveLength(1);
  });
});

describe('a gap that the app fills with the state', () => {
  it('is told, with the state in place of that of beforeSubscribe, and what came after it', async () => {
    const position = await publish('in the state');
    const later = await publish('later');
    stage.app.answer('/gap', { body: { status: 'ok', data: 'state', options: { position } } });
    const [client, reply] = await back();
    expect(reply).toEqual({
      ...RECOVERED,
      subscription: topic,
      recovered: false,
      reason: 'position_lost',
      data: 'state',
      position,
    });
    expect(await client.settled()).toEqual([message('later', { position: later })]);
    expect(stage.app.paths).toEqual(['/gap']);
  });
});

describe('a gap that the app does not fill', () => {
  it.each<[string, object]>([
    ['as it has nothing to say', { body: { status: 'ok' } }],
    ['as it has null', { body: { status: 'ok', data: null, publications: null } }],
    ['as it refuses', { body: { status: 'error', error: 'No.' } }],
    ['as it is broken', { body: '[]' }],
    ['as it cannot be asked', { status: 400, body: 'x' }],
    ['with too many', publications(...Array.from({ length: 9 }, () => ({ data: 1 })))],
    ['with too much', publications({ data: 'x'.repeat(40_000) })],
    ['with no list', { body: { status: 'ok', publications: {} } }],
    ['with no publications', publications({ data: 1 }, { text: 2 })],
  ])('is told as if it had not been asked: %s', async (_why, answer) => {
    stage.app.answer('/gap', answer);
    stage.app.answer('/before', { body: { status: 'ok', data: 'state' } });
    const [client, reply] = await back();
    expect(reply).toEqual({
      ...RECOVERED,
      subscription: topic,
      recovered: false,
      reason: 'position_lost',
      data: 'state',
      position: POSITION,
    });
    expect(await client.settled()).toEqual([]);
  });
});

describe('the position of the state that beforeSubscribe gives', () => {
  const subscribed = async (position: string): Promise<[TestClient, object]> => {
    const state = { body: { status: 'ok', data: 'state', options: { position } } };
    stage.app.answer('/before', state);
    const client = await stage.connect(V1);
    return [client, await client.ask({ event: 'subscribe', subscription: topic, recover: true })];
  };

  it('older than what is held: what came after it is sent', async () => {
    const position = await publish('in the state');
    const later = await publish('later');
    const [client, reply] = await subscribed(position);
    expect(reply).toMatchObject({ data: 'state', position });
    expect(await client.settled()).toEqual([message('later', { position: later })]);
  });

  it('newer than what is held: that is not sent again', async () => {
    const after = deferred();
    const client = await stage.connect(V1);
    const positions = [await publish('before')];
    stage.app.answer('/before', {
      body: { status: 'ok', data: 'state', options: { position: positionAfter(positions[0]!, 1) } },
      after: after.promise,
    });
    client.send({ event: 'subscribe', subscription: topic, recover: true });
    await stage.app.requests('/before');
    positions.push(await publish('held, in the state'), await publish('held, later'));
    after.resolve();
    expect(await client.next()).toMatchObject({ data: 'state', position: positions[1] });
    expect(await client.settled()).toEqual([message('held, later', { position: positions[2] })]);
  });

  /** The position of the next publications, which the answer has to have before they are published. */
  const positionAfter = (position: string, count: number): string => {
    const [epoch, number] = position.split('.');
    return `${epoch}.${Number(number) + count}`;
  };

  it('is of no use to who does not follow positions', async () => {
    const position = await publish('in the state');
    await publish('later');
    stage.app.answer('/before', { body: { status: 'ok', data: 'state', options: { position } } });
    const client = await stage.connect(V1);
    const reply = await client.ask({ event: 'subscribe', subscription: topic });
    expect(reply).toEqual({ event: 'subscribe', subscription: topic, status: 'ok', data: 'state' });
    expect(await client.settled()).toEqual([]);
  });
});

@TopicService('desks', { requireAuthentication: false, history: {}, filterFields: ['floor'] })
class Desks {
  readonly asked: object[] = [];

  constructor(private readonly kittiwake: Kittiwake) {}

  @OnGap()
  async onGap({ topic, position, reason }: GapRequest): Promise<unknown> {
    this.asked.push({ topic, position, reason });
    const published = await this.kittiwake.publish(`desks.${topic}`, 'in the answer');
    const until = { position: published.position };
    if (topic === 'state') return new TopicState('state', until);
    if (topic === 'nothing') return null;
    const publishedAt = new Date('2026-11-20T05:01:56Z');
    return new MissedPublications(
      [
        { data: 'late', order: 2, publishedAt },
        { data: 'older', order: 1 },
        { data: 'not for here', fields: { floor: 7 } },
        { data: 'in the answer' },
      ],
      until,
    );
  }

  @BeforeSubscribe()
  beforeSubscribe(): string {
    return 'from beforeSubscribe';
  }
}

describe('a gap that a provider of the app is asked about', () => {
  let app: TestApp;
  const clients: TestClient[] = [];
  beforeAll(async () => (app = await TestApp.listen(await createApp(moduleOf({ providers: [Desks] })))));
  afterAll(async () => {
    for (const client of clients) client.drop();
    await app.stop();
  });

  it.each([
    ['list', { recovered: true }, ['late', 'in the answer']],
    ['state', { recovered: false, data: 'state' }, []],
    ['nothing', { recovered: false, data: 'from beforeSubscribe' }, ['in the answer']],
  ])('is filled with a %s', async (name, reply, data) => {
    const client = await TestClient.connect(app.url, [V1]);
    clients.push(client);
    const subscription = `desks.${name}`;
    expect(await client.ask({ event: 'subscribe', subscription, position: 'p' })).toMatchObject(reply);
    const got = (await client.settled()).filter(({ event }) => event === 'message');
    expect(got.map((frame) => frame.data)).toEqual(data);
    expect(app.app.get(Desks).asked.at(-1)).toEqual({ topic: name, position: 'p', reason: 'position_lost' });
  });
});
