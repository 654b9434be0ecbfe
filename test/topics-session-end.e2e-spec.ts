import { once } from 'node:events';
import type { KittiwakeOptions } from '../src/config/options.js';
import { KITTIWAKE_V1 } from '../src/protocol/sub-protocol.js';
import type { TestClient } from './support/client.js';
import type { Answer } from './support/stub-app.js';
import { stageOfFile, stageOfTest } from './support/topics.js';
import { deferred, eventually } from './support/wait.js';

const configure = (app: string): KittiwakeOptions => ({
  callbacks: { wait: '10ms', endTimeout: '0s' },
  auth: { ticket: { url: `${app}/ticket` } },
  services: {
    books: {
      requireAuthentication: false,
      extraFields: ['extra'],
      authorizer: `${app}/authorizer`,
      beforeSubscribe: `${app}/before`,
      onSubscribe: `${app}/on`,
      onMessage: `${app}/message`,
      beforeUnsubscribe: `${app}/before-end`,
      onUnsubscribe: `${app}/on-end`,
    },
    ending: {
      requireAuthentication: false,
      beforeUnsubscribe: `${app}/before-end`,
      onUnsubscribe: `${app}/on-end`,
    },
    plain: { requireAuthentication: false },
    guarded: { requireAuthentication: false, authorizer: `${app}/authorizer` },
  },
});

const stage = stageOfFile(configure);

const BEGIN = ['/authorizer', '/before', '/on'];
const END = ['/before-end', '/on-end'];

/** What the app is asked until everything is over. */
async function askedInTheEnd(): Promise<(readonly [string, unknown])[]> {
  await stage.everyoneLeaves();
  return stage.app.asked.map(({ path, body }) => [path, body.subscription] as const);
}

/** Cuts the connection of the only client, and waits until the gateway knows. */
async function leave(client: TestClient): Promise<void> {
  client.drop();
  const connections = (): Promise<number> => stage.gateway.metric('kittiwake_connections');
  await eventually(async () => (await connections()) === 0, { what: 'the end of the connection' });
}

/** A client in the middle of an event: the app was asked, and does not answer yet. */
async function whileAsked(path: string, event: object, client?: TestClient, { app } = stage) {
  const [it, gate] = [client ?? (await stage.connect()), deferred()];
  app.answer(path, { after: gate.promise });
  it.send({ subscription: 'books.1', ...event });
  await app.requests(path);
  return { client: it, answer: gate.resolve };
}

describe('the end of a session', () => {
  it.each(['close', 'drop'] as const)(
    'by a client that does %s ends its subscriptions, the latest first',
    async (how) => {
      const client = await stage.authenticated({ user_id: 'u' });
      for (const name of ['1', '2', '3']) await stage.subscriber(`ending.${name}`, {}, client);
      await client.ask({ event: 'unsubscribe', subscription: 'ending.2' });
      await client.settled();
      await stage.subscriber('plain.1', {}, client);
      await stage.subscriber('ending.2', {}, client);
      stage.app.asked.length = 0;
      await client[how]();
      await stage.app.requests('/on-end', 3);
      expect(await askedInTheEnd()).toEqual(
        ['ending.2', 'ending.3', 'ending.1'].flatMap((topic) => END.map((path) => [path, topic])),
      );
      expect(stage.app.asked.every(({ body }) => body.user_id === 'u')).toBe(true);
    },
  );

  it('asks one question at a time', async () => {
    const gates = [deferred(), deferred(), deferred(), deferred()];
    const [a, b, c, d] = gates.map(({ promise }): Answer => ({ after: promise }));
    stage.app.answer('/before-end', a!, c!).answer('/on-end', b!, d!);
    const client = await stage.subscriber('ending.1');
    await stage.subscriber('ending.2', {}, client);
    client.drop();
    for (const [index, gate] of gates.entries()) {
      await stage.app.requests(END[index % 2]!, Math.floor(index / 2) + 1);
      const bystander = await stage.connect();
      await bystander.settled();
      expect(stage.app.asked).toHaveLength(index + 1);
      gate.resolve();
    }
    expect(await askedInTheEnd()).toHaveLength(4);
  });

  it.each<[string, Answer[]]>([
    ['refuses', [{ body: { status: 'error', error: 'Stay.' } }]],
    ['breaks', [{ body: 'null' }]],
    ['cannot be asked', [{ status: 500 }, { status: 500 }, { status: 500 }]],
  ])('cannot be helped: before_unsubscribe %s, and on_unsubscribe is told', async (_, answers) => {
    stage.app.answer('/before-end', ...answers);
    const client = await stage.subscriber('ending.1');
    await stage.subscriber('ending.2', {}, client);
    client.drop();
    await stage.app.requests('/on-end', 2);
    expect(await askedInTheEnd()).toEqual([
      ...answers.map(() => ['/before-end', 'ending.2']),
      ['/on-end', 'ending.2'],
      ['/before-end', 'ending.1'],
      ['/on-end', 'ending.1'],
    ]);
  });

  it('is of no matter to other sessions', async () => {
    const [leaving, staying] = [await stage.subscriber('ending.1'), await stage.subscriber('ending.1')];
    leaving.drop();
    await stage.app.requests('/on-end');
    await stage.publish('ending.1', 1);
    expect(await staying.settled()).toMatchObject([{ data: 1 }]);
  });

  it('has no callbacks for what was refused', async () => {
    stage.app.answer('/authorizer', { body: {} }).answer('/before', { body: {} });
    const client = await stage.connect();
    for (const topic of ['books.1', 'books.2']) {
      expect(await client.ask({ event: 'subscribe', subscription: topic })).toMatchObject({
        status: 'error',
      });
    }
    await client.close();
    expect((await askedInTheEnd()).map(([path]) => path)).toEqual(['/authorizer', '/authorizer', '/before']);
  });
});

describe('a client that leaves while the app is asked', () => {
  it.each(BEGIN)('by %s has subscribed first', async (path) => {
    const { client, answer } = await whileAsked(path, { event: 'subscribe', extra: 'e' });
    await leave(client);
    answer();
    await stage.app.requests('/on-end');
    expect(await askedInTheEnd()).toEqual([...BEGIN, ...END].map((path) => [path, 'books.1']));
    expect(stage.app.asked.every(({ body }) => body.extra === 'e')).toBe(true);
  });

  it.each(['/authorizer', '/before'])('by %s, which then refuses, has not subscribed', async (path) => {
    const gate = deferred();
    stage.app.answer(path, { after: gate.promise, body: { status: 'error' } });
    const client = await stage.connect();
    client.send({ event: 'subscribe', subscription: 'books.1' });
    await stage.app.requests(path);
    await leave(client);
    gate.resolve();
    expect(await askedInTheEnd()).toEqual(
      BEGIN.slice(0, BEGIN.indexOf(path) + 1).map((path) => [path, 'books.1']),
    );
  });

  it.each(END)('by %s is unsubscribed once', async (path) => {
    const subscribed = await stage.subscriber('ending.1');
    const { client, answer } = await whileAsked(
      path,
      { event: 'unsubscribe', subscription: 'ending.1' },
      subscribed,
    );
    await leave(client);
    answer();
    expect(await askedInTheEnd()).toEqual(END.map((path) => [path, 'ending.1']));
  });

  it('by on_message is unsubscribed afterwards', async () => {
    const subscribed = await stage.subscriber('books.1');
    const { client, answer } = await whileAsked('/message', { event: 'message', data: 1 }, subscribed);
    await leave(client);
    expect(stage.app.paths).toEqual([...BEGIN, '/message']);
    answer();
    expect((await askedInTheEnd()).map(([path]) => path)).toEqual([...BEGIN, '/message', ...END]);
  });
});

describe('a client that leaves while the app is asked for nobody else', () => {
  const cancelled = (): Promise<number> =>
    stage.gateway.metric('kittiwake_callback_seconds_count', {
      callback: 'authorizer',
      outcome: 'cancelled',
    });

  it('has the call ended', async () => {
    const before = await cancelled();
    const event = { event: 'subscribe', subscription: 'guarded.1' };
    const { client, answer } = await whileAsked('/authorizer', event);
    await leave(client);
    await eventually(async () => (await cancelled()) === before + 1, { what: 'the end of the call' });
    answer();
  });

  it('has it go on when an event waits behind it', async () => {
    const before = await cancelled();
    const event = { event: 'subscribe', subscription: 'guarded.1' };
    const { client, answer } = await whileAsked('/authorizer', event);
    client.send({ event: 'ping' });
    await client.untilSent();
    await leave(client);
    answer();
    await stage.everyoneLeaves();
    expect(await cancelled()).toBe(before);
  });
});

describe('a client of kittiwake.v1.json that leaves while the app is asked', () => {
  // A page that came back again and again left 9 authorizer requests going on.
  it.each(['guarded.1', 'books.1'])('by the authorizer has the call ended: %s', async (subscription) => {
    const client = await stage.connect(KITTIWAKE_V1);
    const { answer } = await whileAsked('/authorizer', { event: 'subscribe', subscription }, client);
    client.send({ event: 'ping' }).send({ event: 'subscribe', subscription: 'books.2' });
    await client.untilSent();
    await leave(client);
    await eventually(() => stage.app.aborted === 1, { what: 'the end of the request' });
    expect(await askedInTheEnd()).toEqual([['/authorizer', subscription]]);
    answer();
  });

  it('has what it has sent before a message handled', async () => {
    const client = await stage.connect(KITTIWAKE_V1);
    const { answer } = await whileAsked('/authorizer', { event: 'subscribe' }, client);
    client.send({ event: 'message', subscription: 'books.1', data: 1 });
    await client.untilSent();
    await leave(client);
    answer();
    await stage.app.requests('/on-end');
    expect((await askedInTheEnd()).map(([path]) => path)).toEqual([...BEGIN, '/message', ...END]);
  });
});

describe('a call that waits for a connection to the app', () => {
  const busy = stageOfTest((app) => ({
    ...configure(app),
    callbacks: { connections: 1, wait: '10ms' },
  }));

  it.each(['', KITTIWAKE_V1])('is never sent when its client leaves: sub-protocol "%s"', async (protocol) => {
    const gate = deferred();
    busy.app.answer('/authorizer', { after: gate.promise });
    const protocols = protocol === '' ? [] : [protocol];
    const [first, second] = [await busy.connect(), await busy.connect(...protocols)];
    first.send({ event: 'subscribe', subscription: 'guarded.1' });
    await busy.app.requests('/authorizer');
    second.send({ event: 'subscribe', subscription: 'books.1' });
    const waiting = (): Promise<number> => busy.gateway.metric('kittiwake_callbacks_waiting');
    await eventually(async () => (await waiting()) === 1);
    second.drop();
    await eventually(async () => (await waiting()) === 0);
    gate.resolve();
    expect(await first.next()).toMatchObject({ status: 'ok' });
    expect(busy.app.paths).toEqual(['/authorizer']);
  });
});

describe('the end of a subscription while the app is away', () => {
  const patient = stageOfTest((app) => ({
    ...configure(app),
    callbacks: { wait: '10ms', tries: 2, endTimeout: '20s' },
  }));
  const away = (count: number): Answer[] => Array.from({ length: count }, () => ({ status: 503 }));

  // Three tries, and the app never heard of it: 60 of 60.
  it('is told when the app is back, in order', async () => {
    patient.app.answer('/before-end', ...away(6));
    const client = await patient.subscriber('ending.1');
    await patient.subscriber('ending.2', {}, client);
    client.drop();
    await patient.app.requests('/on-end', 2);
    const asked = patient.app.asked.map(({ path, body }) => `${path} ${String(body.subscription)}`);
    expect(asked).toEqual([
      ...Array<string>(7).fill('/before-end ending.2'),
      '/on-end ending.2',
      '/before-end ending.1',
      '/on-end ending.1',
    ]);
  });

  it('is told later than the client that is there goes on, who cannot subscribe before', async () => {
    patient.app.answer('/on-end', ...away(5));
    const client = await patient.subscriber('ending.1');
    expect(await client.ask({ event: 'unsubscribe', subscription: 'ending.1' })).toMatchObject({
      status: 'ok',
    });
    const subscribe = { event: 'subscribe', subscription: 'ending.1' };
    expect(await client.ask(subscribe)).toEqual({
      ...subscribe,
      status: 'error',
      error: 'Service unavailable.',
    });
    await patient.subscriber('ending.2', {}, client);
    await patient.app.requests('/on-end', 6);
    await eventually(async () => (await client.ask(subscribe)).status === 'ok');
  });
});

describe('the end of a subscription that is to be told much later', () => {
  const slow = stageOfTest((app) => ({ ...configure(app), callbacks: { wait: '10m', tries: 1 } }));

  // A client that subscribed again was refused until the wait for the next try was over, though the app was back.
  it('is told at once when the client subscribes again, who is refused if the app is still away', async () => {
    slow.app.answer('/on-end', { status: 503 }, { status: 503 });
    const client = await slow.subscriber('ending.1');
    await client.ask({ event: 'unsubscribe', subscription: 'ending.1' });
    const subscribe = { event: 'subscribe', subscription: 'ending.1' };
    await slow.app.requests('/on-end', 1);
    expect(await client.ask(subscribe)).toMatchObject({ error: 'Service unavailable.' });
    expect(slow.app.paths.slice(-2)).toEqual(['/on-end', '/on-end']);
    expect(await client.ask(subscribe)).toMatchObject({ status: 'ok' });
    expect(slow.app.paths.filter((path) => path === '/on-end')).toHaveLength(3);
  });
});

describe('the end of a subscription that cannot be told', () => {
  const hasty = stageOfTest((app) => ({
    ...configure(app),
    callbacks: { wait: '10ms', tries: 1, endTimeout: '150ms', endQueue: 2 },
  }));

  it('is given up after a time, or when too many wait, and counted', async () => {
    const client = await hasty.subscriber('ending.1');
    for (const name of ['2', '3']) await hasty.subscriber(`ending.${name}`, {}, client);
    const answers = Array.from({ length: 100 }, () => ({ status: 503 }));
    hasty.app.answer('/before-end', ...answers).answer('/on-end', ...answers);
    client.drop();
    const dropped = (callback: string): Promise<number> =>
      hasty.gateway.metric('kittiwake_callbacks_dropped_total', { service: 'ending', callback });
    await eventually(async () => (await dropped('onUnsubscribe')) === 3);
    expect(await dropped('beforeUnsubscribe')).toBe(3);
    const of3 = hasty.app.asked.filter(({ body }) => body.subscription === 'ending.3');
    expect(of3.map(({ path }) => path)).toEqual(END); // with two others, it is one too many
    const of2 = hasty.app.asked.filter(({ body }) => body.subscription === 'ending.2');
    expect(of2.length).toBeGreaterThan(2);
  });
});

describe('a shutdown', () => {
  const stopping = stageOfTest(configure);

  it('closes clients with 1000 and waits for the callbacks of their subscriptions', async () => {
    const clients = [await stopping.subscriber('ending.1'), await stopping.subscriber('ending.1')];
    await stopping.subscriber('ending.2', {}, clients[0]);
    await stopping.gateway.stop();
    for (const client of clients) expect((await client.untilClosed()).code).toBe(1000);
    const asked = stopping.app.asked.map(({ path, body }) => `${path} ${String(body.subscription)}`);
    expect(asked.toSorted()).toEqual(
      END.flatMap((path) => [`${path} ending.1`, `${path} ending.1`, `${path} ending.2`]),
    );
  });

  it('forgets the events that a client that is gone has left behind', async () => {
    const subscribed = await stopping.subscriber('books.1');
    const event = { event: 'message', data: 1 };
    const { client, answer } = await whileAsked('/message', event, subscribed, stopping);
    client.send({ ...event, subscription: 'books.1', data: 'left behind' });
    await client.untilSent();
    client.drop();
    await eventually(async () => (await stopping.gateway.metric('kittiwake_connections')) === 0);
    const stopped = stopping.gateway.stop();
    await eventually(() =>
      fetch(stopping.gateway.httpUrl).then(
        () => false,
        () => true,
      ),
    );
    answer();
    await stopped;
    expect(stopping.app.paths).toEqual([...BEGIN, '/message', ...END]);
  });

  it('ends the event that is handled and ignores those that wait', async () => {
    const { client, answer } = await whileAsked(
      '/before',
      { event: 'subscribe' },
      await stopping.connect(),
      stopping,
    );
    client.send({ event: 'message', subscription: 'books.1', data: 'too late' });
    client.send({ event: 'subscribe', subscription: 'books.2' });
    client.webSocket.ping();
    await once(client.webSocket, 'pong');
    const stopped = stopping.gateway.stop();
    expect((await client.untilClosed()).code).toBe(1000);
    expect(client.frames).toEqual([]);
    answer();
    await stopped;
    expect(stopping.app.paths).toEqual([...BEGIN, ...END]);
  });
});
