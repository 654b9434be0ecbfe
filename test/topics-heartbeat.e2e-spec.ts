import { jest } from '@jest/globals';
import type { TestClient } from './support/client.js';
import type { Answer } from './support/stub-app.js';
import { stageOfFile } from './support/topics.js';
import { deferred } from './support/wait.js';

const stage = stageOfFile((app) => {
  const heartbeats = { requireAuthentication: false, heartbeatPeriod: '30ms' };
  return {
    auth: { ticket: { url: `${app}/ticket` } },
    services: {
      books: {
        ...heartbeats,
        extraFields: ['extra'],
        authorizer: `${app}/authorizer`,
        authorizerFields: ['plan'],
        beforeSubscribe: `${app}/before`,
        onSubscribe: `${app}/on`,
        onHeartbeat: `${app}/heartbeat`,
      },
      clock: { ...heartbeats, onHeartbeat: `${app}/clock` },
      unheard: heartbeats,
      timeless: { requireAuthentication: false, onHeartbeat: `${app}/heartbeat` },
      slow: { requireAuthentication: false, heartbeatPeriod: '40m', onHeartbeat: `${app}/slow` },
    },
  };
});

const heartbeats = (): number => stage.app.paths.filter((path) => path === '/heartbeat').length;

/** Waits until at least so many heartbeats could have been. */
async function periods(count: number): Promise<void> {
  const client = await stage.subscriber('clock.1');
  const already = stage.app.paths.filter((path) => path === '/clock').length;
  await stage.app.requests('/clock', already + count);
  await client.close();
}

describe('heartbeats', () => {
  it('are told with the usual fields, and the client hears nothing of them', async () => {
    stage.app.answer('/authorizer', { body: { status: 'ok', plan: 'p' } });
    const client = await stage.authenticated({ user_id: 'u' });
    await stage.subscriber('books.1', { extra: 'e' }, client);
    const bodies = (await stage.app.requests('/heartbeat', 3)).map(({ body }) => body);
    const body = { subscription: 'books.1', extra: 'e', plan: 'p', user_id: 'u' };
    expect(bodies).toEqual(Array(bodies.length).fill(body));
    expect(await client.settled()).toEqual([]);
  });

  it.each<[string, Answer]>([
    ['refusals', { body: { status: 'error', error: 'x' } }],
    ['what is not an object', { body: 'null' }],
    ['failures', { status: 500 }],
  ])('go on after %s', async (_, answer) => {
    stage.app.answer('/heartbeat', ...Array<Answer>(6).fill(answer));
    const client = await stage.subscriber('books.1');
    await stage.app.requests('/heartbeat', 8);
    expect(await client.settled()).toEqual([]);
    await stage.publish('books.1', 1);
    expect(await client.settled()).toHaveLength(1);
  });

  it('wait for the one before', async () => {
    const gate = deferred();
    stage.app.answer('/heartbeat', { after: gate.promise });
    await stage.subscriber('books.1');
    await stage.app.requests('/heartbeat');
    await periods(3);
    expect(heartbeats()).toBe(1);
    gate.resolve();
    await stage.app.requests('/heartbeat', 2);
  });

  it('begin with the reply, whatever on_subscribe takes', async () => {
    const [before, on] = [deferred(), deferred()];
    stage.app.answer('/before', { after: before.promise }).answer('/on', { after: on.promise });
    const client = await stage.connect();
    client.send({ event: 'subscribe', subscription: 'books.1' });
    await stage.app.requests('/before');
    await periods(3);
    expect(heartbeats()).toBe(0);
    before.resolve();
    await stage.app.requests('/heartbeat', 2);
    on.resolve();
  });

  it('begin after a random part of a period and then come once per period', async () => {
    const random = jest.spyOn(Math, 'random').mockReturnValue(0.00001);
    try {
      await stage.subscriber('slow.1');
      await stage.app.requests('/slow');
    } finally {
      random.mockRestore();
    }
    await periods(3);
    expect(stage.app.paths.filter((path) => path === '/slow')).toHaveLength(1);
  });

  it('are of each subscription', async () => {
    const client = await stage.subscriber('books.1');
    await stage.subscriber('books.2', {}, client);
    await stage.app.requests('/heartbeat', 8);
    const topics = new Set(stage.app.asked.slice(-8).map(({ body }) => body.subscription));
    expect([...topics].toSorted()).toEqual(['books.1', 'books.2']);
  });

  it.each(['unheard.1', 'timeless.1'])('need both a period and a URL: not of %s', async (topic) => {
    await stage.subscriber(topic);
    await periods(4);
    expect(new Set(stage.app.paths)).toEqual(new Set(['/clock']));
  });
});

describe('heartbeats end', () => {
  it.each<[string, (client: TestClient) => unknown]>([
    ['with the subscription', (client) => client.ask({ event: 'unsubscribe', subscription: 'books.1' })],
    ['with the session', (client) => client.close()],
  ])('%s', async (_, end) => {
    const client = await stage.subscriber('books.1');
    await stage.app.requests('/heartbeat', 2);
    await end(client);
    await periods(1);
    const count = heartbeats();
    await periods(4);
    expect(heartbeats()).toBe(count);
  });

  it('with the subscription even while one is told', async () => {
    const gate = deferred();
    stage.app.answer('/heartbeat', { after: gate.promise });
    const client = await stage.subscriber('books.1');
    await stage.app.requests('/heartbeat');
    await client.ask({ event: 'unsubscribe', subscription: 'books.1' });
    gate.resolve();
    await periods(4);
    expect(heartbeats()).toBe(1);
  });

  it('before they begin when the subscription is refused', async () => {
    stage.app.answer('/before', { body: { status: 'error' } });
    const client = await stage.connect();
    await client.ask({ event: 'subscribe', subscription: 'books.1' });
    await periods(4);
    expect(heartbeats()).toBe(0);
  });
});
