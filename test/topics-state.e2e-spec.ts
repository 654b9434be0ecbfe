import { stageOfFile } from './support/topics.js';

const OK = { event: 'subscribe', subscription: 'books.1', status: 'ok' };

const stage = stageOfFile((app) => ({
  auth: { ticket: { url: `${app}/ticket` } },
  services: {
    books: {
      requireAuthentication: false,
      extraFields: ['extra'],
      filterFields: ['extra', 'user_id'],
      beforeSubscribe: `${app}/before`,
    },
  },
}));

const dataOf = (frames: readonly Record<string, unknown>[]): unknown[] => frames.map(({ data }) => data);

describe('a state', () => {
  it.each([
    { extra: 'other' },
    { user_id: 'other' },
    { subscription: 'books.2' },
    { options: { order: -1 } },
  ])('that filters would stop is sent all the same: %j', async (members) => {
    stage.app.answer('/before', { body: { status: 'ok', data: 'state', ...members } });
    const client = await stage.authenticated({ user_id: 'u' });
    expect(await client.ask({ event: 'subscribe', subscription: 'books.1', extra: 'e' })).toEqual({
      ...OK,
      extra: 'e',
      data: 'state',
    });
    await stage.publish('books.1', 'live', { extra: 'e', user_id: 'u' });
    expect(dataOf(await client.settled())).toEqual(['live']);
  });

  it.each([null, 5, 'x', [], { order: 'x', throttle: 'x' }, { order: null }])(
    'with the options %j is a state without',
    async (options) => {
      stage.app.answer('/before', { body: { status: 'ok', data: 'state', options } });
      const client = await stage.subscriber('books.1');
      await stage.publishAll('books.1', [{ order: -9, throttle: 60 }]);
      expect(await client.settled()).toHaveLength(1);
    },
  );

  it('without data may have an order', async () => {
    stage.app.answer('/before', { body: { status: 'ok', options: { order: 5 } } });
    const client = await stage.subscriber('books.1');
    await stage.publishAll('books.1', [{ order: 5 }, { order: 6 }]);
    expect(dataOf(await client.settled())).toEqual([1]);
  });
});
