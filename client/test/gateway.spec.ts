import {
  call,
  connectionId,
  createClient,
  join,
  live,
  stream,
  topic,
  type Client,
  type Options,
  type Topic,
  type TopicEvent,
  webSocket,
} from 'kittiwake-client';
import WebSocket from 'ws';
import { TestGateway } from '../../test/support/gateway.js';
import { procedureOf } from '../../test/support/rpc.js';
import { StubApp } from '../../test/support/stub-app.js';
import { TcpProxy } from '../../test/support/tcp-proxy.js';
import { signToken } from '../../test/support/tokens.js';
import { deferred, eventually } from '../../test/support/wait.js';
import { Procedures } from '../../src/procedures/procedures.js';

const SECRET = 'a-secret-of-thirty-two-characters';

let app: StubApp;
let gateway: TestGateway;
let proxy: TcpProxy;
const clients: Client[] = [];

beforeAll(async () => {
  app = await StubApp.start();
  gateway = await TestGateway.start({
    auth: {
      ticket: { url: `${app.url}/ticket` },
      jwt: { algorithms: ['HS256'], secret: SECRET, clockTolerance: '0s', fields: { user_id: 'sub' } },
    },
    callbacks: { wait: '10ms' },
    procedures: {},
    rooms: {
      api: { url: `${app.url}/rooms/` },
      headers: { 'x-page': '{query.page}' },
      history: { size: 100 },
    },
    services: {
      books: {
        requireAuthentication: false,
        history: { size: 100 },
        beforeSubscribe: `${app.url}/before`,
        onMessage: `${app.url}/message`,
        extraFields: ['author'],
      },
      plain: { requireAuthentication: false, beforeSubscribe: `${app.url}/before` },
      kept: {
        requireAuthentication: false,
        beforeSubscribe: `${app.url}/before`,
        beforeUnsubscribe: `${app.url}/leave`,
        extraFields: ['author'],
      },
      mine: {},
      chat: { presence: { key: 'user_id', show: 'members' } },
      quick: { requireAuthentication: false },
    },
  });
  proxy = await TcpProxy.start(gateway.port);
  const procedures = gateway.app.get(Procedures);
  procedures.add(
    procedureOf('add', (_, a: number, b: number) => a + b, { access: 'public', takes: ['a', 'b'] }),
  );
  procedures.add(
    procedureOf(
      'count',
      async function* (_, to: number) {
        for (let n = 0; n < to; n++) yield n;
      },
      { access: 'public' },
    ),
  );
});
afterEach(() => clients.splice(0).forEach((client) => client.close()));
afterAll(async () => {
  await proxy.stop();
  await gateway.stop();
  await app.stop();
});

function connect(options: Partial<Options> = {}): Client {
  const client = createClient({
    url: `ws://127.0.0.1:${proxy.port}/ws`,
    transports: [webSocket({ WebSocket })],
    backOff: { baseMs: 20 },
    ...options,
  });
  clients.push(client);
  return client;
}

function cut(): void {
  proxy.turnTo(gateway.port);
}

const publish = (subscription: string, data: unknown): Promise<Response> =>
  gateway.publish({ subscription, data });

describe('against a gateway', () => {
  it('brings the state and every update, once and in order, over lost connections', async () => {
    app.answer('/before', { body: { status: 'ok', data: 0 } });
    const book = topic(connect(), 'books.1', { fields: { author: 'a' } });
    const events: TopicEvent[] = [];
    book.on('event', (event) => events.push(event));
    expect(await book.ready()).toBe(0);
    const expected: number[] = [];
    for (let update = 1; update <= 30; update++) {
      if (update % 10 === 0) cut();
      await publish('books.1', update);
      expected.push(update);
    }
    await eventually(() => events.length >= 31);
    expect(events.map((event) => (event.type === 'update' ? event.data : event.type))).toEqual([
      'state',
      ...expected,
    ]);
  });

  it('tells a gap, and the state again, where nothing is kept', async () => {
    app.answer('/before', { body: { status: 'ok', data: 'S' } });
    const events: string[] = [];
    const plain = topic(connect(), 'plain.1');
    plain.on('event', ({ type }) => events.push(type));
    await plain.ready();
    cut();
    await eventually(() => events.length === 3);
    expect(events).toEqual(['state', 'gap', 'state']);
  });

  it('joins rooms that the app allows, and brings each trigger once over lost connections', async () => {
    const allowed = { body: { allowed_rooms: [{ target: 'message', customer: '*' }] } };
    app.answer('/rooms/bootstrap/', allowed, allowed);
    const client = connect({ url: `ws://127.0.0.1:${proxy.port}/ws?page=7` });
    const room = join(client, { customer: '1', target: 'message' });
    const refused = join(client, { target: 'other' });
    const heard: unknown[] = [];
    room.on('data', (data) => heard.push(data));
    room.on('gap', (gap) => heard.push(gap));
    await room.ready();
    await expect(refused.ready()).rejects.toMatchObject({ code: 'room_not_found' });
    expect(app.asked.at(-1)!.headers['x-page']).toBe('7');
    const trigger = (data: number): Promise<Response> =>
      gateway.trigger({ rooms: [{ target: 'message', customer: '1' }], data });
    await trigger(1);
    cut();
    await trigger(2);
    await eventually(() => heard.length === 2);
    await trigger(3);
    await eventually(() => heard.length === 3);
    expect(heard).toEqual([1, 2, 3]);
    room.close();
  });

  it('has the state, and of what is published around it only what is newer', async () => {
    const given = deferred();
    app.answer('/before', {
      body: { status: 'ok', data: 'five', options: { order: 5 } },
      after: given.promise,
    });
    const plain = topic(connect(), 'plain.ordered');
    const events: unknown[] = [];
    plain.on('event', (event) => events.push(event.type === 'update' ? event.data : event.type));
    await eventually(() => app.asked.some(({ body }) => body['subscription'] === 'plain.ordered'));
    for (const order of [4, 5, 6])
      await gateway.publish({ subscription: 'plain.ordered', data: order, options: { order } });
    given.resolve();
    await plain.ready();
    await gateway.publish({ subscription: 'plain.ordered', data: 7, options: { order: 7 } });
    await eventually(() => events.length === 3);
    expect(events).toEqual(['state', 6, 7]);
  });

  it('opens a topic again that the app does not let it leave', async () => {
    const client = connect();
    const opened = async (author: string): Promise<Topic> => {
      const kept = topic(client, 'kept.1', { fields: { author } });
      await kept.ready();
      return kept;
    };
    const asked = (path: string): number => app.paths.filter((each) => each === path).length;
    app.forget();
    app.answer('/leave', ...Array.from({ length: 9 }, () => ({ body: { status: 'error' } })));
    (await opened('a')).close();
    await eventually(() => asked('/leave') === 1);
    const again = await opened('a');
    expect([asked('/before'), client.inspect().reconnects]).toEqual([1, 0]);
    const updates: unknown[] = [];
    again.on('update', (update) => updates.push(update));
    await publish('kept.1', 1);
    await eventually(() => updates.length === 1);
    again.refresh();
    await eventually(() => asked('/leave') === 2 && again.status === 'live');
    again.close();
    const other = await opened('b');
    expect([other.status, asked('/before'), client.inspect().reconnects]).toEqual(['live', 2, 1]);
  });

  it('calls procedures, reads streams, sends messages and knows the id of its connection', async () => {
    const client = connect();
    expect(await call(client, 'add', [1, 2])).toBe(3);
    const read: unknown[] = [];
    for await (const n of stream(client, 'count', [3])) read.push(n);
    expect(read).toEqual([0, 1, 2]);
    await expect(call(client, 'add', [1])).rejects.toMatchObject({ code: 'arguments_mismatch' });
    app.answer('/message', { body: { status: 'ok', data: { left: 1 } } });
    expect(await topic(client, 'books.2').send({ action: 'buy' })).toEqual({ left: 1 });
    expect(await connectionId(client)).toMatch(/^[\da-f-]{36}$/);
  });

  it('proves who it is with a token, and anew before that ends, without another connection', async () => {
    let asked = 0;
    const client = connect({
      auth: {
        token: () =>
          signToken({
            algorithm: 'HS256',
            key: SECRET,
            claims: { sub: `u${++asked}`, exp: Date.now() / 1000 + 1.9 },
          }),
      },
    });
    const mine = topic(client, 'mine.1');
    await mine.ready();
    await eventually(() => asked === 3);
    expect([client.inspect().reconnects, mine.status]).toEqual([0, 'live']);
  });

  it('sees who is there, and who comes and goes', async () => {
    const named = (name: string): Client =>
      connect({
        auth: { token: () => signToken({ algorithm: 'HS256', key: SECRET, claims: { sub: name } }) },
      });
    const chat = topic(named('ann'), 'chat.1', { presence: true });
    const keys = (): unknown => [...(chat.members?.keys() ?? [])].toSorted().join();
    await eventually(() => keys() === 'ann');
    const bob = topic(named('bob'), 'chat.1');
    await eventually(() => keys() === 'ann,bob');
    bob.close();
    expect(await eventually(() => keys() === 'ann')).toBe(true);
  });

  it('asks twice for a token that is refused, and is closed then', async () => {
    const reasons: string[] = [];
    const errors: string[] = [];
    const client = connect({
      auth: {
        ticket: ({ reason }) => {
          reasons.push(reason);
          return 'T';
        },
      },
    });
    app.answer('/ticket', { body: { status: 'error' } }, { body: { status: 'error' } });
    client.on('error', ({ code }) => errors.push(code));
    const mine = topic(client, 'mine.1');
    await expect(mine.ready()).rejects.toMatchObject({ code: 'authentication_failed' });
    expect([reasons, errors, client.state]).toEqual([
      ['connect', 'refused'],
      ['authentication_failed'],
      'closed',
    ]);
  });

  it('is subscribed again to six thousand topics, and is not too much for the gateway', async () => {
    const client = connect();
    const all = Array.from({ length: 6000 }, (_, index) => topic(client, `quick.${index}`));
    await all.at(-1)!.ready();
    cut();
    await eventually(() => client.state !== 'live');
    await all.at(-1)!.ready();
    expect(all.every(({ status }) => status === 'live')).toBe(true);
    expect(client.inspect().reconnects).toBe(1);
  });

  it('comes back from a gateway that restarts', async () => {
    const other = await TestGateway.start({ services: { books: { requireAuthentication: false } } });
    const client = connect({ url: other.url });
    const infos: unknown[] = [];
    client.on('state', (state, { reason, code }) => infos.push([state, reason, code]));
    const view = live(topic(client, 'books.1'), (_, update) => update);
    await eventually(() => view.value.status === 'live');
    await other.stop();
    expect(infos.at(-1)).toEqual(['waiting', 'server', 1012]);
    expect(client.info.retryInMs).toBeLessThan(5000);
    expect(view.value.status).toBe('stale');
  });
});
