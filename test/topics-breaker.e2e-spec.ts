import type { KittiwakeOptions } from '../src/config/options.js';
import { deferred, eventually } from './support/wait.js';
import { stageOfFile, stageOfTest } from './support/topics.js';

const UNAVAILABLE = { event: 'subscribe', status: 'error', error: 'Service unavailable.' };
const DOWN = { status: 500 };

function options(app: string, breaker: object): KittiwakeOptions {
  const service = {
    requireAuthentication: false,
    beforeSubscribe: `${app}/before`,
    onUnsubscribe: `${app}/end`,
  };
  return {
    callbacks: { tries: 1, wait: '10ms', breaker },
    services: {
      books: service,
      others: { ...service, beforeSubscribe: `${app}/others` },
      renewed: { ...service, authorizer: `${app}/authorizer`, authorizationRenewalPeriod: '20ms' },
      listed: { ...service, onLifecycle: `${app}/lives`, lifecyclePeriod: '10ms' },
    },
    rooms: { api: { url: `${app}/`, bootstrap: 'rooms' } },
    procedures: { remote: { add: { url: `${app}/add`, public: true } } },
  };
}

describe('an app that does not answer', () => {
  const stage = stageOfTest((app) => options(app, { failures: 3, pause: '1h' }));

  /** Has a service fail until it is not asked any more. */
  async function breakIt(service = 'books'): Promise<void> {
    stage.app.answer('/before', DOWN, DOWN, DOWN);
    const client = await stage.connect();
    for (let at = 1; at <= 3; at++) {
      const subscription = `${service}.${at}`;
      expect(await client.ask({ event: 'subscribe', subscription })).toEqual({
        ...UNAVAILABLE,
        subscription,
      });
    }
  }

  it('is not asked for a while: clients are told at once', async () => {
    await breakIt();
    const client = await stage.connect();
    const subscription = 'books.4';
    expect(await client.ask({ event: 'subscribe', subscription })).toEqual({ ...UNAVAILABLE, subscription });
    expect(await stage.app.requests('/before')).toHaveLength(3);
    await stage.subscriber('others.1', {}, client);
  });

  it('shows in metrics and status', async () => {
    await breakIt();
    const client = await stage.connect();
    await client.ask({ event: 'subscribe', subscription: 'books.4' });
    const names = ['open', 'opened_total', 'refused_total'].map((name) => `kittiwake_breaker_${name}`);
    const metrics = names.map((name) => stage.gateway.metric(name, { service: 'books' }));
    expect(await Promise.all(metrics)).toEqual([1, 1, 1]);
    const status = await fetch(`${stage.gateway.operatorsUrl}/status`);
    expect(await status.json()).toMatchObject({ state: 'ready', processes: [{ paused: ['books'] }] });
    const callbacks = await fetch(`${stage.gateway.operatorsUrl}/console/api/callbacks`);
    expect(await callbacks.json()).toMatchObject({ paused: ['books'] });
  });

  it('says to clients of v1 when to come again', async () => {
    await breakIt();
    const client = await stage.connect('kittiwake.v1.json');
    const reply = await client.ask({ event: 'subscribe', subscription: 'books.4', id: 1 });
    expect(reply).toMatchObject({ code: 'service_unavailable', retry_after: expect.any(Number) });
    expect(reply.retry_after).toBeGreaterThan(3_000);
  });

  it('hears of ends all the same, and is asked again when it has heard', async () => {
    const client = await stage.subscriber('books.0');
    await breakIt();
    client.drop();
    await stage.app.requests('/end');
    await eventually(
      async () => (await stage.gateway.metric('kittiwake_breaker_open', { service: 'books' })) === 0,
    );
    await stage.subscriber('books.4');
  });

  it('gets its lists all the same', async () => {
    const client = await stage.subscriber('listed.0');
    await stage.app.requests('/lives');
    stage.app.forget();
    await breakIt('listed');
    client.drop();
    await stage.app.requests('/lives');
  });

  it('is not asked about rooms', async () => {
    stage.app.answer('/rooms', DOWN, DOWN, DOWN);
    const url = stage.gateway.url.replace('/ws', '/rooms');
    for (let at = 0; at < 4; at++) await (await stage.connectTo(url)).untilClosed();
    expect(await stage.app.requests('/rooms')).toHaveLength(3);
  });

  it('is not called, which is another matter than an error of the procedure', async () => {
    const call = async (): Promise<number> =>
      (await fetch(`${stage.gateway.httpUrl}/rpc/add`, { method: 'POST' })).status;
    const failure = { status: 500, body: { error: 'no such number' } };
    stage.app.answer('/add', failure, failure, failure, failure);
    for (let at = 0; at < 4; at++) expect(await call()).toBe(500);
    const proxy = { status: 502, headers: { 'Content-Type': 'text/html' }, body: '<p>' };
    stage.app.answer('/add', proxy, proxy, proxy);
    for (let at = 0; at < 4; at++) expect(await call()).toBe(503);
    expect(await stage.app.requests('/add')).toHaveLength(7);
  });
});

describe('an app that answers again', () => {
  const stage = stageOfFile((app) => options(app, { failures: 1, pause: '30ms' }));

  it('is asked by one client, and by all when it has answered that one', async () => {
    const probe = deferred();
    stage.app.answer('/before', DOWN, DOWN, { after: probe.promise });
    const client = await stage.connect();
    let topics = 0;
    const subscribe = (): Promise<Record<string, unknown>> =>
      client.ask({ event: 'subscribe', subscription: `books.${++topics}` });
    const asked = (count: number): Promise<unknown> =>
      eventually(async () => {
        if (stage.app.asked.length >= count) return true;
        await subscribe();
        return false;
      });
    await asked(2); // the second is a probe, and fails
    const other = await stage.connect();
    await eventually(() => {
      void client.send({ event: 'subscribe', subscription: `books.${++topics}` });
      return stage.app.asked.length >= 3;
    });
    expect(await other.ask({ event: 'subscribe', subscription: 'books.other' })).toMatchObject(UNAVAILABLE);
    probe.resolve();
    await eventually(
      async () => (await stage.gateway.metric('kittiwake_breaker_open', { service: 'books' })) === 0,
    );
    await stage.subscriber('books.more', {}, other);
  });
});

describe('clients that are subscribed', () => {
  const stage = stageOfFile((app) => options(app, { failures: 1, pause: '30ms' }));

  it('stay, though the app cannot be asked again whether they may', async () => {
    stage.app.answer('/authorizer', {}, ...Array.from({ length: 5 }, () => DOWN), {
      body: { status: 'error' },
    });
    const client = await stage.subscriber('renewed.1');
    await stage.app.requests('/authorizer', 5);
    await stage.publish('renewed.1', 'still there');
    expect(await client.next()).toMatchObject({ data: 'still there' });
    // Until the app says no.
    expect(await client.next()).toMatchObject({ event: 'unsubscribe', error: 'Unauthorized.' });
  });
});

describe('an app that says no', () => {
  const stage = stageOfFile((app) => options(app, { failures: 2, pause: '1h' }));

  it.each([400, 404, 429])('with %s is asked on', async (status) => {
    stage.app.answer('/before', { status }, { status }, { status });
    const client = await stage.connect();
    for (let at = 0; at < 3; at++) await client.ask({ event: 'subscribe', subscription: `books.${at}` });
    await stage.subscriber('books.4', {}, client);
    expect(await stage.app.requests('/before')).toHaveLength(4);
  });
});

describe('without a breaker', () => {
  const stage = stageOfFile((app) => ({ ...options(app, {}), callbacks: { tries: 1, wait: '10ms' } }));

  it('an app that does not answer is asked each time', async () => {
    stage.app.answer('/before', ...Array.from({ length: 20 }, () => DOWN));
    const client = await stage.connect();
    for (let at = 0; at < 20; at++) await client.ask({ event: 'subscribe', subscription: `books.${at}` });
    expect(await stage.app.requests('/before')).toHaveLength(20);
  });
});
