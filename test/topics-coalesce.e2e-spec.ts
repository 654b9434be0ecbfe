import type { TestClient } from './support/client.js';
import { stageOfFile } from './support/topics.js';
import { deferred, eventually } from './support/wait.js';

const V1 = 'kittiwake.v1.json';
const SUBSCRIBE = { event: 'subscribe', subscription: 'books.1' };
const KEEP = { 'Cache-Control': 'max-age=60' };

const stage = stageOfFile((app) => ({
  callbacks: { connections: 1, timeout: '5s', tries: 1 },
  auth: { ticket: { url: `${app}/ticket`, fields: ['user_id'] } },
  services: Object.fromEntries(
    ['books', 'apart', 'films', 'brief'].map((name) => [
      name,
      {
        requireAuthentication: false,
        extraFields: ['shelf'],
        coalesce: name !== 'apart',
        ...(name === 'brief' && { maxAnswerAge: '0s' }),
        ...(name === 'films' ? { beforeSubscribe: `${app}/state` } : { authorizer: `${app}/may` }),
      },
    ]),
  ),
}));

async function three(...protocols: string[]): Promise<[TestClient, TestClient, TestClient]> {
  return [
    await stage.connect(...protocols),
    await stage.connect(...protocols),
    await stage.connect(...protocols),
  ];
}

function joined(callback: string): Promise<number> {
  return stage.gateway.metric('kittiwake_callbacks_joined_total', { callback });
}

async function leave(client: TestClient): Promise<void> {
  const before = await stage.gateway.metric('kittiwake_callback_seconds_count', { outcome: 'cancelled' });
  client.drop();
  await eventually(
    async () =>
      (await stage.gateway.metric('kittiwake_callback_seconds_count', { outcome: 'cancelled' })) > before,
  );
}

describe('equal questions at the same moment', () => {
  it('are one request, and all get its answer', async () => {
    const { promise, resolve } = deferred();
    const before = await joined('authorizer');
    stage.app.answer('/may', { after: promise, body: { status: 'error', error: 'No.' } });
    const clients = await three();
    for (const client of clients) client.send(SUBSCRIBE);
    await eventually(async () => (await joined('authorizer')) === before + 2);
    resolve();
    for (const client of clients)
      expect(await client.next()).toMatchObject({ status: 'error', error: 'No.' });
    expect(stage.app.paths).toEqual(['/may']);
  });

  it('are asked each where the service does not allow it, or topic, extra fields or identity differ', async () => {
    const clients = await three();
    const apart = deferred();
    stage.app.answer('/may', { after: apart.promise });
    for (const client of clients) client.send({ ...SUBSCRIBE, subscription: 'apart.1' });
    await eventually(async () => (await stage.gateway.metric('kittiwake_callbacks_waiting')) === 2);
    apart.resolve();
    for (const client of clients) await client.next();
    const known = await stage.authenticated({ user_id: 'u' });
    const other = await stage.authenticated({ user_id: 'v' });
    stage.app.asked.length = 0;
    const { promise, resolve } = deferred();
    stage.app.answer('/may', { after: promise });
    clients[0].send(SUBSCRIBE);
    clients[1].send({ ...SUBSCRIBE, subscription: 'books.2' });
    clients[2].send({ ...SUBSCRIBE, shelf: 1 });
    known.send(SUBSCRIBE);
    other.send(SUBSCRIBE);
    await eventually(async () => (await stage.gateway.metric('kittiwake_callbacks_waiting')) === 4);
    resolve();
    for (const client of [...clients, known, other])
      expect(await client.next()).toMatchObject({ status: 'ok' });
    expect(new Set(stage.app.asked.map(({ text }) => text)).size).toBe(5);
  });

  it('go on for the others when the one who asked first leaves, and end when all have left', async () => {
    const { promise, resolve } = deferred();
    const before = await joined('authorizer');
    stage.app.answer('/may', { after: promise });
    const [first, second, third] = await three(V1);
    for (const client of [first, second, third]) client.send(SUBSCRIBE);
    await eventually(async () => (await joined('authorizer')) === before + 2);
    await stage.app.requests('/may');
    await leave(first);
    await leave(second);
    expect(stage.app.aborted).toBe(0);
    await leave(third);
    await eventually(() => stage.app.aborted === 1);
    resolve();
  });

  it('of the state are joined until they are sent, and not later', async () => {
    const [busy, state] = [deferred(), deferred()];
    const before = await joined('beforeSubscribe');
    stage.app.answer('/may', { after: busy.promise });
    stage.app.answer('/state', { after: state.promise, headers: KEEP });
    const [other, one, two] = await three();
    other.send(SUBSCRIBE);
    await stage.app.requests('/may');
    for (const client of [one, two]) client.send({ ...SUBSCRIBE, subscription: 'films.1' });
    await eventually(async () => (await joined('beforeSubscribe')) === before + 1);
    busy.resolve();
    await stage.app.requests('/state');
    const late = await stage.connect();
    late.send({ ...SUBSCRIBE, subscription: 'films.1' });
    await eventually(async () => (await stage.gateway.metric('kittiwake_callbacks_waiting')) === 1);
    state.resolve();
    for (const client of [one, two, late]) expect(await client.next()).toMatchObject({ status: 'ok' });
    await stage.subscriber('films.1');
    expect(stage.app.paths).toEqual(['/may', '/state', '/state', '/state']);
  });
});

describe('an answer that names its age', () => {
  it('is kept, a refusal too, for equal questions', async () => {
    stage.app.answer('/may', { headers: KEEP, body: { status: 'error', error: 'No.' } }, { headers: KEEP });
    const ask = { ...SUBSCRIBE, subscription: 'books.kept' };
    const client = await stage.connect();
    for (let count = 0; count < 3; count++)
      expect(await client.ask(ask)).toMatchObject({ status: 'error', error: 'No.' });
    await stage.subscriber('books.kept', { shelf: 1 });
    await stage.subscriber('books.kept', { shelf: 1 });
    expect(stage.app.paths).toEqual(['/may', '/may']);
    expect(await stage.gateway.metric('kittiwake_callbacks_kept_total')).toBe(3);
  });

  it.each(['books', 'brief'])(
    'is not kept without an age, or where none is allowed (%s)',
    async (service) => {
      stage.app.answer('/may', service === 'brief' ? { headers: KEEP } : {});
      await stage.subscriber(`${service}.asked`);
      await stage.subscriber(`${service}.asked`);
      expect(stage.app.paths).toEqual(['/may', '/may']);
    },
  );
});
