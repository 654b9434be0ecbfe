import { stageOfFile } from './support/topics.js';
import { deferred } from './support/wait.js';

const stage = stageOfFile((app) => ({
  auth: { ticket: { url: `${app}/ticket` } },
  services: {
    books: { requireAuthentication: false },
    closed: { extraFields: ['extra'], authorizer: `${app}/authorizer` },
    default: {},
    all: {
      requireAuthentication: false,
      authorizer: `${app}/authorizer`,
      beforeSubscribe: `${app}/before`,
      onSubscribe: `${app}/on`,
    },
  },
}));

function refusal(error: string, subscription?: unknown): object {
  return { event: 'subscribe', status: 'error', error, ...(subscription !== undefined && { subscription }) };
}

describe('the name of a subscription', () => {
  it.each([undefined, null, '', 0, -0, false, [], {}])('is missing when it is %j', async (subscription) => {
    const client = await stage.connect();
    for (const event of ['subscribe', 'message', 'unsubscribe']) {
      expect(await client.ask({ event, subscription, extra: 1 })).toEqual({
        ...refusal('Invalid subscription format.'),
        event,
      });
    }
    expect(await client.settled()).toEqual([]);
  });

  it.each(['books', '.', '.1', 'books.', '..', ' ', 5, -1.5, true, ['books.1'], [['books.1']], { books: 1 }])(
    'has the wrong format when it is %j, and the session goes on',
    async (subscription) => {
      const client = await stage.connect();
      for (const event of ['subscribe', 'message', 'unsubscribe']) {
        expect(await client.ask({ event, subscription, extra: 1 })).toEqual({
          ...refusal('Invalid subscription format.', subscription),
          event,
        });
      }
      expect(await client.settled()).toEqual([]);
    },
  );

  it.each([
    'book.1',
    'Books.1',
    ' books.1',
    'books .1',
    '__proto__.x',
    'constructor.prototype',
    'toString.1',
    'hasOwnProperty.1',
  ])('names no service when it is %j', async (subscription) => {
    const client = await stage.connect();
    for (const event of ['subscribe', 'message', 'unsubscribe']) {
      expect(await client.ask({ event, subscription, extra: 1 })).toEqual({
        ...refusal('Invalid service.', subscription),
        event,
      });
    }
    expect(await client.settled()).toEqual([]);
  });

  it.each([
    'books.1',
    'books..',
    'books.a.b.c',
    'books. ',
    'books.closed.1',
    'books.__proto__',
    'books.*',
    'books.\u{1F431}\u2028',
    'books."\\\n\u0000',
    `books.${'x'.repeat(1000)}`,
  ])('is split at the first dot: %j', async (subscription) => {
    const client = await stage.subscriber(subscription);
    await stage.publish(subscription, 'd');
    expect(await client.next()).toMatchObject({ event: 'message', subscription, data: 'd' });
    expect(await client.ask({ event: 'unsubscribe', subscription })).toEqual({
      event: 'unsubscribe',
      subscription,
      status: 'ok',
    });
  });

  it('is the same however it is spelt', async () => {
    const client = await stage.connect();
    const spelt = '{"event":"subscribe","subscription":"book\\u0073\\u002e1"}';
    expect(await client.ask(spelt)).toEqual({ event: 'subscribe', subscription: 'books.1', status: 'ok' });
    expect(await client.ask({ event: 'subscribe', subscription: 'books.1' })).toEqual(
      refusal('Already subscribed.', 'books.1'),
    );
  });
});

describe('the checks of a subscription', () => {
  it('look at format, service and authentication in this order, whoever asks', async () => {
    const client = await stage.connect();
    expect(await client.ask({ event: 'subscribe', subscription: 'closed.' })).toEqual(
      refusal('Invalid subscription format.', 'closed.'),
    );
    expect(await client.ask({ event: 'subscribe', subscription: 'nothing.1' })).toEqual(
      refusal('Invalid service.', 'nothing.1'),
    );
    expect(await client.ask({ event: 'subscribe', subscription: 'closed.1' })).toEqual(
      refusal('Authentication required.', 'closed.1'),
    );
    expect(stage.app.asked).toEqual([]);
  });

  it('require authentication by default, of subscribers only', async () => {
    const client = await stage.connect();
    expect(await client.ask({ event: 'subscribe', subscription: 'default.1' })).toEqual(
      refusal('Authentication required.', 'default.1'),
    );
    for (const event of ['message', 'unsubscribe']) {
      expect(await client.ask({ event, subscription: 'default.1' })).toEqual({
        ...refusal('Subscription does not exist.', 'default.1'),
        event,
      });
    }
    await stage.authenticated({ user_id: null }, client);
    await stage.subscriber('default.1', {}, client);
  });

  it('find a subscription that exists before the authorizer is asked', async () => {
    const client = await stage.subscriber('all.1');
    await client.settled();
    stage.app.asked.length = 0;
    expect(await client.ask({ event: 'subscribe', subscription: 'all.1' })).toEqual(
      refusal('Already subscribed.', 'all.1'),
    );
    expect(stage.app.asked).toEqual([]);
    await stage.publish('all.1', 'once');
    expect(await client.settled()).toMatchObject([{ data: 'once' }]);
  });

  it('know nothing of the subscriptions of others', async () => {
    await stage.subscriber('books.1');
    await stage.subscriber('books.1');
  });
});

describe('the extra fields of a subscription', () => {
  it('are bounded in length, together', async () => {
    const client = await stage.authenticated({ user_id: 'u' });
    const subscribe = (length: number): object => ({
      event: 'subscribe',
      subscription: `closed.${length}`,
      extra: 'x'.repeat(length - 2),
    });
    expect(await client.ask(subscribe(16_385))).toMatchObject({ error: 'Extra fields too long.' });
    expect(await client.ask(subscribe(16_384))).toMatchObject({ status: 'ok' });
  });
});

describe('the steps of a subscription', () => {
  it('ask the authorizer, then before_subscribe, and reply before on_subscribe', async () => {
    const [authorizer, before, on] = [deferred(), deferred(), deferred()];
    stage.app.answer('/authorizer', { after: authorizer.promise });
    stage.app.answer('/before', { after: before.promise, body: { status: 'ok', data: 'D' } });
    stage.app.answer('/on', { after: on.promise });
    const client = await stage.connect();
    client.send({ event: 'subscribe', subscription: 'all.1' }).send({ event: 'ping', data: 'next' });

    await stage.app.requests('/authorizer');
    expect(stage.app.paths).toEqual(['/authorizer']);
    authorizer.resolve();
    await stage.app.requests('/before');
    expect(stage.app.paths).toEqual(['/authorizer', '/before']);
    expect(client.frames).toEqual([]);
    before.resolve();
    expect(await client.next()).toEqual({
      event: 'subscribe',
      subscription: 'all.1',
      status: 'ok',
      data: 'D',
    });
    await stage.app.requests('/on');
    expect(client.frames).toEqual([]);
    on.resolve();
    expect(await client.next()).toEqual({ event: 'pong', data: 'next' });
    expect(stage.app.paths).toEqual(['/authorizer', '/before', '/on']);
  });

  it.each([
    ['the authorizer', '/authorizer', ['/authorizer'], 'Unauthorized.'],
    ['before_subscribe', '/before', ['/authorizer', '/before'], 'Unhandled exception.'],
  ])('end when %s refuses, and may be tried again', async (_, path, asked, error) => {
    const client = await stage.connect();
    stage.app.answer(path, { body: { status: 'error' } });
    expect(await client.ask({ event: 'subscribe', subscription: 'all.1' })).toEqual(refusal(error, 'all.1'));
    expect(stage.app.paths).toEqual(asked);
    expect(await client.ask({ event: 'unsubscribe', subscription: 'all.1' })).toMatchObject({
      error: 'Subscription does not exist.',
    });
    await stage.publish('all.1', 'not yet');
    expect(await client.settled()).toEqual([]);
    await stage.subscriber('all.1', {}, client);
    await stage.publish('all.1', 'now');
    expect(await client.settled()).toMatchObject([{ data: 'now' }]);
  });

  it.each([
    ['the authorizer', '/authorizer'],
    ['before_subscribe', '/before'],
  ])('end when %s cannot be asked, and may be tried again', async (_, path) => {
    const client = await stage.connect();
    stage.app.answer(path, { status: 500 }, { status: 500 }, { status: 500 });
    expect(await client.ask({ event: 'subscribe', subscription: 'all.1' })).toEqual(
      refusal('Service unavailable.', 'all.1'),
    );
    await stage.publish('all.1', 'not yet');
    await stage.subscriber('all.1', {}, client);
    await stage.publish('all.1', 'now');
    expect(await client.settled()).toMatchObject([{ data: 'now' }]);
  });

  it.each([false, 0, '', [], {}, 'D', { title: 'T' }])('send the state %j', async (data) => {
    stage.app.answer('/before', { body: { status: 'ok', data, error: 'x', other: 1 } });
    const client = await stage.connect();
    expect(await client.ask({ event: 'subscribe', subscription: 'all.1' })).toEqual({
      event: 'subscribe',
      subscription: 'all.1',
      status: 'ok',
      data,
    });
  });

  it('send no state that is null', async () => {
    stage.app.answer('/before', { body: { status: 'ok', data: null } });
    const client = await stage.connect();
    expect(await client.ask({ event: 'subscribe', subscription: 'all.1' })).toEqual({
      event: 'subscribe',
      subscription: 'all.1',
      status: 'ok',
    });
  });

  it.each([
    ['refuses', { body: { status: 'error', error: 'x', data: 1 } }],
    ['breaks', { body: [] }],
    ['fails', { status: 500 }],
  ])('are done when on_subscribe %s', async (_, answer) => {
    stage.app.answer('/on', answer, answer, answer);
    const client = await stage.subscriber('all.1');
    expect(await client.settled()).toEqual([]);
    await stage.publish('all.1', 'd');
    expect(await client.settled()).toMatchObject([{ data: 'd' }]);
  });
});
