import type { TestClient } from './support/client.js';
import { LIVE, stageOfFile } from './support/topics.js';

const stage = stageOfFile((app) => ({
  auth: { ticket: { url: `${app}/ticket`, fields: ['user_id', 'role'] } },
  services: {
    books: {
      requireAuthentication: false,
      extraFields: ['extra', 'org', 'user_id', 'plan', '__proto__', 'constructor'],
      authorizer: `${app}/authorizer`,
      authorizerFields: ['plan', 'role', 'limits', '__proto__'],
      beforeSubscribe: `${app}/before`,
      onSubscribe: `${app}/on`,
      onMessage: `${app}/message`,
      beforeUnsubscribe: `${app}/before-end`,
      onUnsubscribe: `${app}/on-end`,
    },
    rude: {
      requireAuthentication: false,
      extraFields: ['subscription', 'published_at', 'received_at', 'sent_at', 'queue_size'],
      onMessage: `${app}/message`,
    },
    plain: { requireAuthentication: false },
  },
}));

async function bodyOf(path: string): Promise<unknown> {
  return (await stage.app.requests(path)).at(-1)?.body;
}

/** Goes through all callbacks of a subscription and returns the bodies of all but the first. */
async function laterBodies(client: TestClient): Promise<unknown[]> {
  client.send({ event: 'message', subscription: 'books.1', data: 'd' });
  client.send({ event: 'unsubscribe', subscription: 'books.1' });
  await client.settled();
  return stage.app.asked.slice(1).map(({ body }) => body);
}

describe('extra fields', () => {
  it.each([null, '', 0, false, [], {}, 'e', 1.5, { a: [null] }])(
    'of the value %j are in every frame and in every callback',
    async (extra) => {
      const about = { subscription: 'books.1', extra };
      const client = await stage.connect();
      expect(await client.ask({ event: 'subscribe', ...about, other: 1 })).toEqual({
        event: 'subscribe',
        ...about,
        status: 'ok',
      });
      await stage.publish('books.1', 1);
      expect(await client.next()).toEqual({ event: 'message', ...about, data: 1, ...LIVE });
      stage.app.answer('/message', { body: { status: 'ok', data: 2 } }, { body: { status: 'error' } });
      const message = { event: 'message', subscription: 'books.1' };
      expect(await client.ask(message)).toEqual({ ...message, ...about, status: 'ok', data: 2 });
      expect(await client.ask(message)).toEqual({
        ...message,
        ...about,
        status: 'error',
        error: 'Unhandled exception.',
      });
      const unsubscribe = { event: 'unsubscribe', subscription: 'books.1' };
      expect(await client.ask(unsubscribe)).toEqual({ ...unsubscribe, ...about, status: 'ok' });
      await client.settled();
      expect(stage.app.asked.map(({ body }) => body)).toEqual(
        stage.app.paths.map((path) => (path === '/message' ? { ...about, data: null } : about)),
      );
      expect(stage.app.paths).toHaveLength(7);
    },
  );

  it('in force are those of subscribing, whatever later events carry', async () => {
    const about = { subscription: 'books.1', extra: 'first' };
    const client = await stage.subscriber('books.1', { extra: 'first' });
    stage.app.answer('/message', { body: { status: 'ok', data: 1 } });
    const later = { subscription: 'books.1', extra: 'later', org: 'new' };
    expect(await client.ask({ event: 'message', ...later })).toEqual({
      event: 'message',
      ...about,
      status: 'ok',
      data: 1,
    });
    expect(await bodyOf('/message')).toEqual({ ...about, data: null });
    expect(await client.ask({ event: 'subscribe', ...later })).toEqual({
      event: 'subscribe',
      ...about,
      status: 'error',
      error: 'Already subscribed.',
    });
    expect(await client.ask({ event: 'unsubscribe', ...later })).toEqual({
      event: 'unsubscribe',
      ...about,
      status: 'ok',
    });
    expect(await client.ask({ event: 'unsubscribe', ...later })).toEqual({
      event: 'unsubscribe',
      ...later,
      status: 'error',
      error: 'Subscription does not exist.',
    });
  });

  it('of a refused attempt are forgotten', async () => {
    stage.app.answer('/before', { body: { status: 'error', error: 'No.' } });
    const client = await stage.connect();
    const subscribe = { event: 'subscribe', subscription: 'books.1' };
    expect(await client.ask({ ...subscribe, extra: 'e' })).toMatchObject({ extra: 'e', error: 'No.' });
    expect(await client.ask(subscribe)).toEqual({ ...subscribe, status: 'ok' });
  });

  it('are not known without a service', async () => {
    const client = await stage.connect();
    const subscribe = { event: 'subscribe', subscription: 'nothing.1' };
    expect(await client.ask({ ...subscribe, extra: 'e' })).toEqual({
      ...subscribe,
      status: 'error',
      error: 'Invalid service.',
    });
  });

  it('may be named like members of every object', async () => {
    const client = await stage.connect();
    client.send('{"event":"subscribe","subscription":"books.1","__proto__":{"a":1},"constructor":2}');
    const fields = ['"__proto__":{"a":1}', '"constructor":2'];
    const reply = await client.text();
    await stage.publish('books.1', 1);
    const message = await client.text();
    await client.settled();
    for (const text of [reply, message, ...stage.app.asked.map(({ text }) => text)]) {
      for (const field of fields) expect(text).toContain(field);
    }
  });

  it('are not taken from where every object has members', async () => {
    const client = await stage.connect();
    const reply = await client.ask({ event: 'subscribe', subscription: 'books.1' });
    expect(Object.keys(reply).toSorted()).toEqual(['event', 'status', 'subscription']);
    await client.settled();
    expect(stage.app.asked.map(({ text }) => text)).toEqual(Array(3).fill('{"subscription":"books.1"}'));
  });

  it('cannot take the place of what the gateway says of a message', async () => {
    const forged = { published_at: 0, received_at: 1, sent_at: 2, queue_size: 3 };
    const client = await stage.subscriber('rude.1', forged);
    const publishedAt = '2024-05-06T07:08:09+00:00';
    await stage.publish('rude.1', 'real', { published_at: publishedAt });
    const about = { event: 'message', subscription: 'rude.1' };
    expect(await client.next()).toEqual({ ...about, data: 'real', published_at: publishedAt, ...LIVE });
    client.send({ ...about, data: 'mine' });
    await client.settled();
    expect(await bodyOf('/message')).toEqual({ subscription: 'rude.1', ...forged, data: 'mine' });
  });
});

describe('authorizer fields', () => {
  it('that the answer has are in all later callbacks, and in no frame', async () => {
    stage.app.answer('/authorizer', { body: { status: 'ok', plan: null, limits: [1], other: 1, data: 'x' } });
    const client = await stage.connect();
    expect(await client.ask({ event: 'subscribe', subscription: 'books.1' })).toEqual({
      event: 'subscribe',
      subscription: 'books.1',
      status: 'ok',
    });
    const all = { subscription: 'books.1', plan: null, limits: [1] };
    expect(await laterBodies(client)).toEqual([all, all, { ...all, data: 'd' }, all, all]);
    expect(stage.app.asked[0]?.body).toEqual({ subscription: 'books.1' });
  });

  it('are those of each subscription', async () => {
    const client = await stage.connect();
    for (const plan of ['a', 'b']) {
      stage.app.answer('/authorizer', { body: { status: 'ok', plan } });
      await stage.subscriber(`books.${plan}`, {}, client);
    }
    await client.settled();
    const bodies = (await stage.app.requests('/on', 2)).map(({ body }) => body);
    expect(bodies).toEqual([
      { subscription: 'books.a', plan: 'a' },
      { subscription: 'books.b', plan: 'b' },
    ]);
  });
});

describe('fields of one name in a callback', () => {
  it('are those of the identity before those of the authorizer before those of the client', async () => {
    stage.app.answer('/authorizer', { body: { status: 'ok', plan: 'granted', role: 'granted' } });
    const client = await stage.authenticated({ user_id: 'u', role: null });
    await stage.subscriber('books.1', { user_id: 'forged', plan: 'forged', org: 'o' }, client);
    const identity = { user_id: 'u', role: null };
    expect(stage.app.asked[0]?.body).toEqual({
      subscription: 'books.1',
      org: 'o',
      plan: 'forged',
      ...identity,
    });
    const later = { subscription: 'books.1', org: 'o', plan: 'granted', ...identity };
    expect(await laterBodies(client)).toEqual([later, later, { ...later, data: 'd' }, later, later]);
  });

  it('stay those of the client in frames', async () => {
    const client = await stage.authenticated({ user_id: 'u', role: 'r' });
    const subscribe = { event: 'subscribe', subscription: 'books.1', user_id: 'mine' };
    expect(await client.ask(subscribe)).toEqual({ ...subscribe, status: 'ok' });
  });
});
