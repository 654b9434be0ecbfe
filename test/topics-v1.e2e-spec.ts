import { TestClient } from './support/client.js';
import { TestGateway } from './support/gateway.js';
import type { Answer } from './support/stub-app.js';
import { LIVE, stageOfFile, stageOfTest } from './support/topics.js';

const V1 = 'kittiwake.v1.json';
const FAILURES: Answer[] = Array<Answer>(3).fill({ status: 500 });

const stage = stageOfFile((app) => ({
  auth: { ticket: { url: `${app}/ticket` } },
  limits: { subscriptionsPerSession: 3 },
  services: {
    books: {
      requireAuthentication: false,
      extraFields: ['extra'],
      authorizer: `${app}/authorizer`,
      beforeSubscribe: `${app}/before`,
      onMessage: `${app}/message`,
      beforeUnsubscribe: `${app}/before-end`,
    },
    plain: { requireAuthentication: false },
    closed: {},
    renewed: {
      requireAuthentication: false,
      authorizer: `${app}/renewal`,
      authorizationRenewalPeriod: '10ms',
    },
  },
}));

describe('the sub-protocol', () => {
  it('is agreed on when it is among those that a client offers', async () => {
    for (const offered of [[V1], ['other', V1], [V1, 'other']]) {
      expect((await stage.connect(...offered)).webSocket.protocol).toBe(V1);
    }
  });

  it('is not agreed on by a client that offers others', async () => {
    await expect(stage.connect('kittiwake.v2.json')).rejects.toThrow('no subprotocol');
  });
});

describe('the greeting', () => {
  it('is the first frame, with the periods, the limits and the features', async () => {
    const client = await stage.connect(V1);
    expect(await client.greeting()).toEqual({
      event: 'hello',
      connection_id: expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/) as string,
      ping_period: 15,
      auth_deadline: 60,
      limits: {
        frame_bytes: 1_048_576,
        outbox_bytes: 4_194_304,
        events_per_second: 5000,
        topic_bytes: 1024,
        subscriptions: 3,
        subscriptions_per_event: 1000,
      },
      features: ['batch-subscribe', 'immediate-ping', 'report-drops', 'recover', 'presence'],
    });
  });

  it('names another connection to each client', async () => {
    const [one, other] = [await stage.connect(V1), await stage.connect(V1)];
    expect((await one.greeting()).connection_id).not.toBe((await other.greeting()).connection_id);
  });

  it('has no limits and periods that are switched off, and says where procedures can be called', async () => {
    const limits = { subscriptionsPerSession: 0, subscriptionsPerEvent: 0, eventsPerSecond: 0 };
    const gateway = await TestGateway.start({
      limits: { ...limits, frameBytes: '1MiB', outboxBytes: '4MiB' },
      ping: { interval: '0s' },
      auth: { deadline: '0s' },
      procedures: { callsPerConnection: 7 },
    });
    try {
      const client = await TestClient.connect(gateway.url, [V1]);
      const { connection_id, ...others } = await client.greeting();
      expect(connection_id).toBeDefined();
      expect(others).toEqual({
        event: 'hello',
        limits: { frame_bytes: 1_048_576, outbox_bytes: 4_194_304, topic_bytes: 1024, calls: 7 },
        features: ['batch-subscribe', 'immediate-ping', 'report-drops', 'recover', 'presence', 'procedures'],
      });
      client.drop();
    } finally {
      await gateway.stop();
    }
  });
});

describe('an id', () => {
  it.each([
    '7',
    '"a"',
    '""',
    '0',
    'null',
    'false',
    '12345678901234567890',
    '1.0',
    '{"b":[ 1 ]}',
    '"\\u0041\\/"',
  ])('of %s comes back as it is', async (id) => {
    const client = await stage.connect(V1);
    const reply = await client.send(`{"event":"ping","id":${id},"data":"d"}`).text();
    expect(reply).toContain(`"id":${id}`);
    expect(JSON.parse(reply)).toEqual({ event: 'pong', data: 'd', id: JSON.parse(id) });
  });

  it('comes back with the reply to every event', async () => {
    const client = await stage.connect(V1);
    const about = { subscription: 'books.1', extra: 'e' };
    stage.app.answer('/ticket', { body: { status: 'ok', user_id: 'u' } });
    stage.app.answer('/message', { body: { status: 'ok', data: 'D' } });
    const ok = [
      { event: 'auth', ticket: 'T', id: 1 },
      { event: 'subscribe', ...about, id: 2 },
      { event: 'message', ...about, id: 3 },
      { event: 'unsubscribe', ...about, id: 4 },
    ];
    for (const event of ok) {
      expect(await client.ask(event)).toMatchObject({ event: event.event, status: 'ok', id: event.id });
    }
    const refused = [
      { event: 'auth', method: 5, id: 5 },
      { event: 'subscribe', id: 6 },
      { event: 'message', ...about, id: 7 },
      { event: 'unsubscribe', ...about, id: 8 },
      { event: 'x', id: 9 },
    ];
    for (const event of refused) {
      expect(await client.ask(event)).toMatchObject({ event: event.event, status: 'error', id: event.id });
    }
  });

  it('comes with no frame that is no reply', async () => {
    const client = await stage.connect(V1);
    await client.ask({ event: 'subscribe', subscription: 'plain.1', id: 1 });
    await stage.publish('plain.1', 1, { id: 2 });
    expect(await client.next()).toEqual({ event: 'message', subscription: 'plain.1', data: 1, ...LIVE });
    expect(await client.ask({ event: 'ping' })).toEqual({ event: 'pong', data: null });
  });

  it('gets a message without data its reply', async () => {
    const client = await stage.connect(V1);
    for (const subscription of ['books.1', 'plain.1']) {
      await stage.subscriber(subscription, {}, client);
      const message = { event: 'message', subscription };
      expect(await client.ask({ ...message, id: null })).toEqual({ ...message, status: 'ok', id: null });
      expect(await client.send(message).settled()).toEqual([]);
    }
  });
});

describe('a code', () => {
  const subscribe = (subscription: string): object => ({ event: 'subscribe', subscription });
  const about = (event: string): object => ({ event, subscription: 'books.1' });

  it.each<[string, unknown]>([
    ['invalid_event', '{'],
    ['invalid_event', []],
    ['event_not_found', { event: 'x' }],
    ['method_unsupported', { event: 'auth', method: null }],
    ['ticket_missing', { event: 'auth' }],
    ['invalid_subscription', subscribe('books')],
    ['invalid_service', subscribe('nothing.1')],
    ['authentication_required', subscribe('closed.1')],
    ['not_subscribed', about('message')],
    ['not_subscribed', about('unsubscribe')],
  ])('%s is in the reply to %j', async (code, frame) => {
    const client = await stage.connect(V1);
    expect(await client.ask(frame)).toMatchObject({ status: 'error', error: expect.any(String), code });
  });

  it.each<[string, string, Answer[], object]>([
    ['authentication_failed', '/ticket', [{ body: {} }], { event: 'auth', ticket: 'T' }],
    ['service_unavailable', '/ticket', FAILURES, { event: 'auth', ticket: 'T' }],
    ['unauthorized', '/authorizer', [{ body: {} }], about('subscribe')],
    ['unauthorized', '/authorizer', [{ body: { error: 'own', data: 1 } }], about('subscribe')],
    ['refused', '/before', [{ body: {} }], about('subscribe')],
    ['service_unavailable', '/before', FAILURES, about('subscribe')],
  ])('%s says what %s answered', async (code, path, answers, event) => {
    const client = await stage.connect(V1);
    stage.app.answer(path, ...answers);
    expect(await client.ask(event)).toMatchObject({ status: 'error', code });
  });

  it.each([
    ['message', '/message'],
    ['unsubscribe', '/before-end'],
  ])('is refused when a %s is', async (event, path) => {
    const client = await stage.subscriber('books.1', {}, await stage.connect(V1));
    stage.app.answer(path, { body: { error: 'own', data: { a: 1 } } });
    expect(await client.ask(about(event))).toEqual({
      ...about(event),
      status: 'error',
      error: 'own',
      data: { a: 1 },
      code: 'refused',
    });
  });

  it('says which limit of subscriptions is reached', async () => {
    const client = await stage.connect(V1);
    for (const name of ['1', '2', '3']) await stage.subscriber(`plain.${name}`, {}, client);
    expect(await client.ask(subscribe('plain.3'))).toMatchObject({ code: 'already_subscribed' });
    expect(await client.ask(subscribe('plain.4'))).toMatchObject({ code: 'too_many_subscriptions' });
  });

  it('says why the gateway ends a subscription', async () => {
    const client = await stage.connect(V1);
    stage.app.answer('/renewal', {}, { body: { status: 'error', error: 'own' } });
    expect(await client.ask({ ...subscribe('renewed.1'), id: 1 })).toMatchObject({ status: 'ok' });
    expect(await client.next()).toEqual({
      event: 'unsubscribe',
      subscription: 'renewed.1',
      error: 'own',
      code: 'unauthorized',
    });
  });

  it('internal_error comes before the close code 1011', async () => {
    const client = await stage.subscriber('books.1', {}, await stage.connect(V1));
    stage.app.answer('/message', { body: 'null' });
    expect(await client.ask({ ...about('message'), id: 1 })).toEqual({
      ...about('message'),
      status: 'error',
      error: 'Unhandled exception.',
      code: 'internal_error',
      id: 1,
    });
    expect((await client.untilClosed()).code).toBe(1011);
  });
});

describe('a shutdown', () => {
  const stopping = stageOfTest(() => ({}));

  it('tells clients to reconnect by the close code 1012', async () => {
    const clients = [await stopping.connect(V1), await stopping.connect()];
    await stopping.gateway.stop();
    const codes = await Promise.all(clients.map(async (client) => (await client.untilClosed()).code));
    expect(codes).toEqual([1012, 1000]);
  });
});

describe('without the sub-protocol', () => {
  it('there is no greeting', async () => {
    const client = await stage.connect();
    expect(await client.settled()).toEqual([]);
    expect(client.hello).toBeUndefined();
  });

  it('there are no ids, no codes and no further replies', async () => {
    const client = await stage.connect();
    const events = [
      { event: 'ping', data: 'd', id: 1 },
      { event: 'auth', id: 2 },
      { event: 'subscribe', subscription: 'books.1', id: 3 },
      { event: 'message', subscription: 'books.1', id: 4 },
      { event: 'unsubscribe', subscription: 'books.1', id: 5 },
      { event: 'message', subscription: 'books.1', id: 6 },
      { event: 'x', id: 7 },
    ];
    for (const event of events) client.send(event);
    client.send('{"id":8}');
    expect(await client.settled()).toEqual([
      { event: 'pong', data: 'd' },
      { event: 'auth', status: 'error', error: 'Must specify ticket.' },
      { event: 'subscribe', subscription: 'books.1', status: 'ok' },
      { event: 'unsubscribe', subscription: 'books.1', status: 'ok' },
      { event: 'message', subscription: 'books.1', status: 'error', error: 'Subscription does not exist.' },
      { event: 'x', status: 'error', error: 'Event not found.' },
      { status: 'error', error: 'Messages must be JSON and contain an event field.' },
    ]);
  });
});
