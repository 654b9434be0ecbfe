import { stageOfFile } from './support/topics.js';
import { deferred } from './support/wait.js';

const ABOUT = { event: 'unsubscribe', subscription: 'books.1' };

const stage = stageOfFile((app) => ({
  auth: { ticket: { url: `${app}/ticket` } },
  services: {
    books: {
      requireAuthentication: false,
      extraFields: ['extra'],
      beforeUnsubscribe: `${app}/before`,
      onUnsubscribe: `${app}/on`,
    },
    plain: { requireAuthentication: false },
  },
}));

describe('unsubscribing', () => {
  it('asks before_unsubscribe, replies, then tells on_unsubscribe', async () => {
    const [before, on] = [deferred(), deferred()];
    stage.app.answer('/before', { after: before.promise }).answer('/on', { after: on.promise });
    const client = await stage.authenticated({ user_id: 'u' });
    await stage.subscriber('books.1', { extra: 'e' }, client);
    client.send({ ...ABOUT, extra: 'other' }).send({ event: 'ping', data: 'next' });

    await stage.app.requests('/before');
    await stage.publish('books.1', 'still');
    expect(await client.next()).toMatchObject({ event: 'message', data: 'still' });
    expect(client.frames).toEqual([]);
    before.resolve();
    expect(await client.next()).toEqual({ ...ABOUT, status: 'ok', extra: 'e' });
    await stage.app.requests('/on');
    await stage.publish('books.1', 'not any more');
    expect(client.frames).toEqual([]);
    on.resolve();
    expect(await client.next()).toEqual({ event: 'pong', data: 'next' });
    const body = { subscription: 'books.1', extra: 'e', user_id: 'u' };
    expect(stage.app.asked.map(({ path, body }) => [path, body])).toEqual([
      ['/before', body],
      ['/on', body],
    ]);
  });

  it.each([false, 0, '', [], {}, 'bye', { a: 1 }])(
    'replies with the data %j of before_unsubscribe',
    async (data) => {
      stage.app.answer('/before', { body: { status: 'ok', data, error: 'x', other: 1 } });
      const client = await stage.subscriber('books.1');
      expect(await client.ask(ABOUT)).toEqual({ ...ABOUT, status: 'ok', data });
    },
  );

  it('replies without data that is null, and with none of on_unsubscribe', async () => {
    stage.app.answer('/before', { body: { status: 'ok', data: null } });
    stage.app.answer('/on', { body: { status: 'ok', data: 'x' } });
    const client = await stage.subscriber('books.1');
    expect(await client.send(ABOUT).settled()).toEqual([{ ...ABOUT, status: 'ok' }]);
  });

  it.each([
    ['refuses', [{ body: { status: 'error' } }], { error: 'Unhandled exception.' }],
    [
      'refuses with words',
      [{ body: { status: 'no', error: 'Stay.', data: { why: 1 } } }],
      { error: 'Stay.', data: { why: 1 } },
    ],
    ['refuses with falsy data', [{ body: { error: 'Stay.', data: {} } }], { error: 'Stay.' }],
    [
      'cannot be asked',
      [{ status: 500 }, { status: 500 }, { status: 500 }],
      { error: 'Service unavailable.' },
    ],
  ])('leaves the subscription as it is when before_unsubscribe %s', async (_, answers, reply) => {
    stage.app.answer('/before', ...answers);
    const client = await stage.subscriber('books.1', { extra: 'e' });
    expect(await client.ask(ABOUT)).toEqual({ ...ABOUT, extra: 'e', status: 'error', ...reply });
    await stage.publish('books.1', 'still');
    expect(await client.settled()).toMatchObject([{ data: 'still', extra: 'e' }]);
    expect(stage.app.paths).not.toContain('/on');
    expect(await client.ask({ ...ABOUT, event: 'subscribe' })).toMatchObject({
      error: 'Already subscribed.',
    });
    expect(await client.ask(ABOUT)).toMatchObject({ status: 'ok' });
  });

  it.each([
    ['refuses', [{ body: { status: 'error', error: 'x' } }]],
    ['breaks', [{ body: 'null' }]],
    ['fails', [{ status: 500 }, { status: 500 }, { status: 500 }]],
  ])('is done when on_unsubscribe %s', async (_, answers) => {
    stage.app.answer('/on', ...answers);
    const client = await stage.subscriber('books.1');
    expect(await client.send(ABOUT).settled()).toEqual([{ ...ABOUT, status: 'ok' }]);
    expect(await client.ask(ABOUT)).toMatchObject({ error: 'Subscription does not exist.' });
  });

  it('that breaks in before_unsubscribe ends the session', async () => {
    stage.app.answer('/before', { body: [] });
    const client = await stage.subscriber('books.1');
    expect(await client.ask(ABOUT)).toEqual({ ...ABOUT, status: 'error', error: 'Unhandled exception.' });
    expect((await client.untilClosed()).code).toBe(1000);
    await stage.app.requests('/on');
    expect(stage.app.paths).toEqual(['/before', '/before', '/on']);
  });

  it('needs no callbacks', async () => {
    const client = await stage.subscriber('plain.1');
    const unsubscribe = { event: 'unsubscribe', subscription: 'plain.1' };
    expect(await client.ask(unsubscribe)).toEqual({ ...unsubscribe, status: 'ok' });
  });

  it('ends one subscription of one session', async () => {
    const [leaving, staying] = [await stage.subscriber('plain.1'), await stage.subscriber('plain.1')];
    await stage.subscriber('plain.2', {}, leaving);
    await leaving.ask({ event: 'unsubscribe', subscription: 'plain.1' });
    await stage.publish('plain.1', 1);
    await stage.publish('plain.2', 2);
    expect(await leaving.settled()).toMatchObject([{ subscription: 'plain.2', data: 2 }]);
    expect(await staying.settled()).toMatchObject([{ subscription: 'plain.1', data: 1 }]);
  });

  it('is for one that is subscribed, whoever else is', async () => {
    await stage.subscriber('books.1');
    const client = await stage.connect();
    expect(await client.ask({ ...ABOUT, extra: 'e' })).toEqual({
      ...ABOUT,
      extra: 'e',
      status: 'error',
      error: 'Subscription does not exist.',
    });
    expect(stage.app.asked).toEqual([]);
  });

  it('lets one subscribe again, with other extra fields', async () => {
    const client = await stage.subscriber('books.1', { extra: 'old' });
    await client.ask(ABOUT);
    await stage.subscriber('books.1', { extra: 'new' }, client);
    await stage.publish('books.1', 1);
    expect(await client.settled()).toMatchObject([{ data: 1, extra: 'new' }]);
  });
});
