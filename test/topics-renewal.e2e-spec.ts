import { jest } from '@jest/globals';
import type { TestClient } from './support/client.js';
import type { Answer } from './support/stub-app.js';
import { stageOfFile } from './support/topics.js';
import { deferred } from './support/wait.js';

const stage = stageOfFile((app) => ({
  auth: { ticket: { url: `${app}/ticket` } },
  services: {
    books: {
      requireAuthentication: false,
      extraFields: ['extra'],
      filterFields: ['plan'],
      authorizer: `${app}/authorizer`,
      authorizerFields: ['plan', 'limits'],
      authorizationRenewalPeriod: '40ms',
      onSubscribe: `${app}/on`,
      onMessage: `${app}/message`,
      onAuthorizationChange: `${app}/change`,
    },
    untold: {
      requireAuthentication: false,
      authorizer: `${app}/untold`,
      authorizerFields: ['plan'],
      authorizationRenewalPeriod: '40ms',
      onMessage: `${app}/message`,
    },
    clock: {
      requireAuthentication: false,
      authorizer: `${app}/clock`,
      authorizationRenewalPeriod: '40ms',
    },
    unasked: { requireAuthentication: false, authorizationRenewalPeriod: '40ms' },
    far: {
      requireAuthentication: false,
      authorizer: `${app}/far`,
      authorizationRenewalPeriod: '40m',
      authorizationRenewalJitter: '40m',
    },
  },
}));

const granted = (fields: object): Answer => ({ body: { status: 'ok', ...fields } });

/** Answers of the authorizer to a subscription and to its renewals, the last one again and again. */
function grant(...fields: object[]): void {
  stage.app.answer(
    '/authorizer',
    ...fields.map(granted),
    ...Array<Answer>(100).fill(granted(fields.at(-1)!)),
  );
}

/** Waits until at least so many renewals could have happened. */
async function periods(count: number): Promise<void> {
  const client = await stage.subscriber('clock.1');
  const already = stage.app.paths.filter((path) => path === '/clock').length;
  await stage.app.requests('/clock', already + count);
  await client.close();
}

/** What on_message is told besides subscription and data. */
async function fieldsOf(client: TestClient): Promise<Record<string, unknown> | undefined> {
  client.send({ event: 'message', subscription: 'books.1' });
  await client.settled();
  return stage.app.asked.findLast(({ path }) => path === '/message')?.body;
}

describe('a renewal', () => {
  it('asks the authorizer again and again, with the fields in force', async () => {
    grant({ plan: 'gold', limits: [1, { a: 1 }] });
    const client = await stage.authenticated({ user_id: 'u1' });
    await stage.subscriber('books.1', { extra: 'e' }, client);
    const about = { subscription: 'books.1', extra: 'e', plan: 'gold', limits: [1, { a: 1 }] };
    const [first, ...renewals] = await stage.app.requests('/authorizer', 3);
    expect(first?.body).toEqual({ subscription: 'books.1', extra: 'e', user_id: 'u1' });
    expect(renewals[0]?.body).toEqual({ ...about, user_id: 'u1' });
    expect(renewals[1]?.body).toEqual({ ...about, user_id: 'u1' });

    await stage.authenticated({ user_id: 'u2' }, client);
    const known = stage.app.asked.length;
    await periods(2);
    const later = stage.app.asked.slice(known).findLast(({ path }) => path === '/authorizer');
    expect(later?.body).toEqual({ ...about, user_id: 'u2' });
    expect(await client.settled()).toEqual([]);
    expect(stage.app.paths).not.toContain('/change');
  });

  it.each([
    [
      'another spelling',
      '{"status":"ok","plan":1,"limits":{"a":"A","b":2}}',
      '{"limits":{"b":2.0,"a":"\\u0041"},"plan":1.0,"status":"ok"}',
    ],
    ['other members', '{"status":"ok","plan":null}', '{"status":"ok","plan":null,"other":1,"data":2}'],
  ])('takes %s for no change', async (_, before, after) => {
    stage.app.answer('/authorizer', { body: before }, ...Array<Answer>(100).fill({ body: after }));
    const client = await stage.subscriber('books.1');
    await stage.app.requests('/authorizer', 4);
    expect(await client.settled()).toEqual([]);
    expect(stage.app.paths).not.toContain('/change');
  });

  it.each([
    ['another value', { plan: 'a', limits: 1 }, { plan: 'b', limits: 1 }],
    ['another type', { plan: 1 }, { plan: '1' }],
    ['a new field', { plan: 'a' }, { plan: 'a', limits: null }],
    ['a vanished field', { plan: 'a', limits: null }, { plan: 'a' }],
    ['a field instead of another', { plan: 'a' }, { limits: 'a' }],
  ])('that brings %s tells on_authorization_change, once', async (_, before, after) => {
    grant(before, before, after);
    const client = await stage.subscriber('books.1');
    const [change] = await stage.app.requests('/change');
    expect(change?.body).toEqual({ subscription: 'books.1', ...after });
    await stage.app.requests('/authorizer', 5);
    expect(stage.app.asked.findLast(({ path }) => path === '/authorizer')?.body).toEqual(change?.body);
    expect(await fieldsOf(client)).toEqual({ subscription: 'books.1', ...after, data: null });
    expect(stage.app.paths.filter((path) => path === '/change')).toHaveLength(1);
    expect(await client.settled()).toEqual([]);
  });

  it('brings fields that filters use at once', async () => {
    grant({ plan: 'a' }, { plan: 'b' });
    const client = await stage.subscriber('books.1');
    await stage.publish('books.1', 1, { plan: 'a' });
    await stage.app.requests('/change');
    for (const plan of ['a', 'b', null]) await stage.publish('books.1', 2, { plan });
    expect(await client.settled()).toMatchObject([{ data: 1 }, { data: 2 }]);
  });

  it('brings new fields without on_authorization_change too', async () => {
    stage.app.answer('/untold', granted({ plan: 'a' }), ...Array<Answer>(100).fill(granted({ plan: 'b' })));
    const client = await stage.subscriber('untold.1');
    await stage.app.requests('/untold', 3);
    client.send({ event: 'message', subscription: 'untold.1' });
    const [message] = await stage.app.requests('/message');
    expect(message?.body).toEqual({ subscription: 'untold.1', plan: 'b', data: null });
  });

  it('waits for the one before', async () => {
    const gate = deferred();
    stage.app.answer('/authorizer', {}, { after: gate.promise });
    await stage.subscriber('books.1');
    await stage.app.requests('/authorizer', 2);
    await periods(3);
    expect(stage.app.paths.filter((path) => path === '/authorizer')).toHaveLength(2);
    gate.resolve();
    await stage.app.requests('/authorizer', 3);
  });

  it('does not wait for on_subscribe, nor for events of the client', async () => {
    const gate = deferred();
    stage.app.answer('/on', { after: gate.promise });
    await stage.subscriber('books.1');
    await stage.app.requests('/authorizer', 3);
    expect(await stage.app.requests('/on')).toHaveLength(1);
    gate.resolve();
  });

  it('needs an authorizer', async () => {
    const client = await stage.subscriber('unasked.1');
    await periods(3);
    expect(await client.settled()).toEqual([]);
  });

  it('comes earlier by a random part of the jitter', async () => {
    const random = jest.spyOn(Math, 'random').mockReturnValue(0.99999);
    try {
      await stage.subscriber('far.1');
      expect(await stage.app.requests('/far', 3)).toHaveLength(3);
    } finally {
      random.mockRestore();
    }
  });
});

describe('renewals end', () => {
  const authorizations = (): number => stage.app.paths.filter((path) => path === '/authorizer').length;

  it.each<[string, (client: TestClient) => unknown]>([
    ['with the subscription', (client) => client.ask({ event: 'unsubscribe', subscription: 'books.1' })],
    ['with the session', (client) => client.close()],
  ])('%s', async (_, end) => {
    const client = await stage.subscriber('books.1');
    await stage.app.requests('/authorizer', 2);
    await end(client);
    await periods(1);
    const count = authorizations();
    await periods(3);
    expect(authorizations()).toBe(count);
  });

  it('with the subscription even while the authorizer is asked', async () => {
    const gate = deferred();
    const refusal = { body: { status: 'error', error: 'too late' } };
    stage.app.answer('/authorizer', {}, { after: gate.promise, ...refusal });
    const client = await stage.subscriber('books.1');
    await stage.app.requests('/authorizer', 2);
    await client.ask({ event: 'unsubscribe', subscription: 'books.1' });
    await stage.subscriber('books.1', {}, client);
    gate.resolve();
    await stage.app.requests('/authorizer', 5);
    expect(await client.settled()).toEqual([]);
  });

  it('before they begin when the subscription is refused', async () => {
    const client = await stage.connect();
    stage.app.answer('/authorizer', { body: { status: 'error' } });
    await client.ask({ event: 'subscribe', subscription: 'books.1' });
    await periods(3);
    expect(authorizations()).toBe(1);
  });
});
