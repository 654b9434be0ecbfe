import type { TestClient } from './support/client.js';
import type { Answer } from './support/stub-app.js';
import { stageOfFile } from './support/topics.js';
import { deferred, eventually } from './support/wait.js';

const ENDED = { event: 'unsubscribe', subscription: 'books.1' };
const END = ['/before-end', '/on-end'];
const FAILURES: Answer[] = Array<Answer>(3).fill({ status: 500 });

const stage = stageOfFile((app) => {
  const periodic = {
    requireAuthentication: false,
    extraFields: ['extra'],
    authorizer: `${app}/authorizer`,
    authorizerFields: ['plan'],
    authorizationRenewalPeriod: '40ms',
  };
  return {
    auth: { ticket: { url: `${app}/ticket` } },
    services: {
      books: {
        ...periodic,
        beforeSubscribe: `${app}/before`,
        onMessage: `${app}/message`,
        beforeUnsubscribe: `${app}/before-end`,
        onUnsubscribe: `${app}/on-end`,
        onAuthorizationChange: `${app}/change`,
        heartbeatPeriod: '10ms',
        onHeartbeat: `${app}/heartbeat`,
      },
      bare: periodic,
      patient: { ...periodic, authorizationGrace: '1h' },
      brief: { ...periodic, authorizationGrace: '60ms' },
      plain: { requireAuthentication: false },
    },
  };
});

const refused = (members: object = {}): Answer => ({ body: { status: 'error', ...members } });

/** A subscriber whose authorization lapses at the first renewal. */
async function lapsing(answers: Answer[] = [refused()], subscription = 'books.1'): Promise<TestClient> {
  stage.app.answer('/authorizer', {}, ...answers);
  return stage.subscriber(subscription, { extra: 'e' });
}

const asked = (path: string): object[] =>
  stage.app.asked.filter((one) => one.path === path).map(({ body }) => body);

describe('an authorizer that cannot be asked', () => {
  const away = Array<Answer>(9).fill({ status: 500 });

  it('ends no subscription as long as there is grace, and may refuse later', async () => {
    const client = await lapsing([...away, {}, ...away, refused()], 'patient.1');
    const ended = { event: 'unsubscribe', subscription: 'patient.1', extra: 'e', error: 'Unauthorized.' };
    expect(await client.next()).toEqual(ended);
    expect(asked('/authorizer')).toHaveLength(21);
  });

  it('ends the subscription when the grace is over', async () => {
    const client = await lapsing(Array<Answer>(99).fill({ status: 500 }), 'brief.1');
    expect(await client.next()).toMatchObject({ subscription: 'brief.1', error: 'Service unavailable.' });
    expect(asked('/authorizer').length).toBeGreaterThan(4);
  });
});

describe('an authorization that is not renewed', () => {
  it.each<[string, Answer[], unknown]>([
    ['refuses', [refused()], 'Unauthorized.'],
    ['refuses with words', [refused({ error: 'Not yours.', data: 'not for this' })], 'Not yours.'],
    ['refuses with something else', [refused({ error: { code: 1 } })], { code: 1 }],
    ['cannot be asked', FAILURES, 'Service unavailable.'],
    ['breaks', [{ body: [] }], 'Unhandled exception.'],
  ])('ends the subscription when the authorizer %s', async (_, answers, error) => {
    const client = await lapsing(answers);
    expect(await client.next()).toEqual({ ...ENDED, extra: 'e', error });
    expect(await client.settled()).toEqual([]);
  });

  it.each<[string, Answer[], unknown]>([
    ['refuses', [refused()], 'Unhandled exception.'],
    ['refuses with words', [refused({ error: 'Not any more.', data: 1 })], 'Not any more.'],
    ['cannot be asked', FAILURES, 'Service unavailable.'],
  ])('ends the subscription when on_authorization_change %s', async (_, answers, error) => {
    stage.app.answer('/change', ...answers);
    const client = await lapsing([{ body: { status: 'ok', plan: 'new' } }]);
    expect(await client.next()).toEqual({ ...ENDED, extra: 'e', error });
    const body = { subscription: 'books.1', extra: 'e', plan: 'new' };
    expect([...asked('/change'), ...asked('/before-end'), ...asked('/on-end')]).toEqual(
      Array(answers.length + 2).fill(body),
    );
  });

  it('tells the service before the client', async () => {
    const [before, on] = [deferred(), deferred()];
    stage.app.answer('/before-end', { after: before.promise, body: { status: 'ok', data: { bye: 1 } } });
    stage.app.answer('/on-end', { after: on.promise });
    const client = await lapsing();
    await stage.app.requests('/before-end');
    expect([client.frames, asked('/on-end')]).toEqual([[], []]);
    before.resolve();
    await stage.app.requests('/on-end');
    expect(client.frames).toEqual([]);
    on.resolve();
    expect(await client.next()).toEqual({ ...ENDED, extra: 'e', error: 'Unauthorized.', data: { bye: 1 } });
    expect([...asked('/before-end'), ...asked('/on-end')]).toEqual(
      Array(2).fill({ subscription: 'books.1', extra: 'e' }),
    );
  });

  it.each<[string, Answer[], object]>([
    ['refuses', [refused({ error: 'Stay.' })], {}],
    ['refuses with data', [refused({ data: { why: 1 } })], { data: { why: 1 } }],
    ['cannot be asked', FAILURES, {}],
    ['breaks', [{ body: 'null' }], {}],
    ['has no data', [{ body: { status: 'ok', data: null } }], {}],
    ['has falsy data', [{ body: { status: 'ok', data: 0 } }], { data: 0 }],
  ])('ends the subscription although before_unsubscribe %s', async (_, answers, members) => {
    stage.app.answer('/before-end', ...answers);
    const client = await lapsing();
    expect(await client.next()).toEqual({ ...ENDED, extra: 'e', error: 'Unauthorized.', ...members });
    expect(asked('/on-end')).toHaveLength(1);
  });

  it('ends the subscription of a service without callbacks for that', async () => {
    const client = await lapsing([refused()], 'bare.1');
    expect(await client.next()).toEqual({
      event: 'unsubscribe',
      subscription: 'bare.1',
      extra: 'e',
      error: 'Unauthorized.',
    });
  });

  it('ends deliveries at once, and nothing else of the session', async () => {
    const gate = deferred();
    stage.app.answer('/before-end', { after: gate.promise });
    const client = await lapsing();
    await stage.app.requests('/before-end');
    await stage.publish('books.1', 'too late');
    gate.resolve();
    expect(await client.next()).toMatchObject({ ...ENDED, error: 'Unauthorized.' });
    await stage.subscriber('plain.1', {}, client);
    await stage.publish('plain.1', 'here');
    expect(await client.settled()).toMatchObject([{ subscription: 'plain.1', data: 'here' }]);
  });

  it('ends renewals and heartbeats', async () => {
    const client = await lapsing();
    expect(await client.next()).toMatchObject(ENDED);
    const [authorizations, heartbeats] = [asked('/authorizer').length, asked('/heartbeat').length];
    await stage.subscriber('books.2', {}, await stage.connect());
    await stage.app.requests('/authorizer', authorizations + 3);
    await stage.app.requests('/heartbeat', heartbeats + 5);
    for (const path of ['/authorizer', '/heartbeat']) {
      const known = path === '/authorizer' ? authorizations : heartbeats;
      expect(asked(path).slice(known)).not.toContainEqual(
        expect.objectContaining({ subscription: 'books.1' }),
      );
    }
  });

  it('lets the client subscribe again', async () => {
    const client = await lapsing();
    expect(await client.next()).toMatchObject(ENDED);
    expect(await client.ask({ event: 'message', subscription: 'books.1' })).toMatchObject({
      error: 'Subscription does not exist.',
    });
    await stage.subscriber('books.1', { extra: 'new' }, client);
    await stage.publish('books.1', 1);
    expect(await client.next()).toMatchObject({ event: 'message', extra: 'new', data: 1 });
  });
});

describe('an authorization that lapses while an event is handled', () => {
  /** The app is asked about an event of the client; meanwhile a renewal is refused. */
  async function during(path: string, event: object): Promise<{ client: TestClient; answer: () => void }> {
    const [renewal, gate] = [deferred(), deferred()];
    const client = await lapsing([{ ...refused(), after: renewal.promise }]);
    await stage.app.requests('/authorizer', 2);
    stage.app.answer(path, { after: gate.promise, body: { status: 'ok', data: 'D' } });
    client.send(event);
    await stage.app.requests(path);
    const before = await stage.gateway.metric('kittiwake_callback_seconds_count', { outcome: 'refused' });
    renewal.resolve();
    await eventuallyRefused(before + 1);
    return { client, answer: gate.resolve };
  }

  const eventuallyRefused = (count: number): Promise<unknown> =>
    eventually(
      async () =>
        (await stage.gateway.metric('kittiwake_callback_seconds_count', { outcome: 'refused' })) >= count,
    );

  it('ends the subscription after that event and before those that wait', async () => {
    const message = { event: 'message', subscription: 'books.1', data: 1 };
    const { client, answer } = await during('/message', message);
    client.send({ ...message, data: 2 });
    await stage.publish('books.1', 'too late');
    expect(asked('/before-end')).toEqual([]);
    answer();
    expect(await client.next()).toMatchObject({ event: 'message', status: 'ok', data: 'D' });
    expect(await client.next()).toMatchObject({ ...ENDED, error: 'Unauthorized.' });
    expect(await client.next()).toMatchObject({ event: 'message', error: 'Subscription does not exist.' });
    expect(asked('/message')).toHaveLength(1);
  });

  it('ends it once when that event is its end', async () => {
    const { client, answer } = await during('/before-end', ENDED);
    answer();
    expect(await client.settled()).toEqual([{ ...ENDED, extra: 'e', status: 'ok', data: 'D' }]);
    expect([...asked('/before-end'), ...asked('/on-end')]).toHaveLength(2);
  });

  it('ends it once when the client leaves', async () => {
    const { client, answer } = await during('/message', { event: 'message', subscription: 'books.1' });
    client.drop();
    answer();
    await stage.app.requests('/on-end');
    await stage.everyoneLeaves();
    expect(stage.app.paths.filter((path) => END.includes(path))).toEqual(END);
  });
});
