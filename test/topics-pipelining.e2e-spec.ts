import { connect, type Socket } from 'node:net';
import type { TestClient } from './support/client.js';
import { HANDSHAKE_TEXT } from './support/handshake.js';
import { stageOfFile } from './support/topics.js';
import { deferred } from './support/wait.js';

const AUTH = { event: 'auth', ticket: 'T' };
const SUBSCRIBE = { event: 'subscribe', subscription: 'books.1' };
const UNSUBSCRIBE = { event: 'unsubscribe', subscription: 'books.1' };
const ALL = ['/ticket', '/before', '/on', '/message', '/before-end', '/on-end'];

const message = (data: unknown): object => ({ event: 'message', subscription: 'books.1', data });

const stage = stageOfFile((app) => ({
  auth: { ticket: { url: `${app}/ticket` } },
  limits: { inboxBytes: '4KiB', eventsPerSecond: 0 },
  services: {
    books: {
      beforeSubscribe: `${app}/before`,
      onSubscribe: `${app}/on`,
      onMessage: `${app}/message`,
      beforeUnsubscribe: `${app}/before-end`,
      onUnsubscribe: `${app}/on-end`,
    },
  },
}));

beforeEach(() => {
  stage.app.answer('/ticket', { body: { status: 'ok', user_id: 'u' } });
});

function socketOf({ webSocket }: TestClient): Socket {
  return (webSocket as unknown as { _socket: Socket })._socket;
}

/** Sends events in one write. */
function sendTogether(client: TestClient, ...events: object[]): void {
  const socket = socketOf(client);
  socket.cork();
  for (const event of events) client.send(event);
  socket.uncork();
}

/** A text frame of a client (RFC 6455 section 5.2), masked with zeros; shorter than 126 bytes. */
function clientFrame(event: object): Buffer {
  const payload = Buffer.from(JSON.stringify(event));
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

describe('events that come together', () => {
  it('are answered in order', async () => {
    stage.app.answer(
      '/message',
      { body: { status: 'ok', data: 1 } },
      {},
      { body: { status: 'ok', data: 3 } },
    );
    const client = await stage.connect();
    const events = [AUTH, SUBSCRIBE, message(1), message(2), message(3), UNSUBSCRIBE, SUBSCRIBE];
    sendTogether(client, { event: 'ping' }, ...events, { event: 'x' });
    expect(await client.settled()).toEqual([
      { event: 'pong', data: null },
      { event: 'auth', status: 'ok' },
      { ...SUBSCRIBE, status: 'ok' },
      { ...message(1), status: 'ok' },
      { ...message(3), status: 'ok' },
      { ...UNSUBSCRIBE, status: 'ok' },
      { ...SUBSCRIBE, status: 'ok' },
      { event: 'x', status: 'error', error: 'Event not found.' },
    ]);
    const messages = Array(3).fill('/message');
    const again = ['/before', '/on'];
    expect(stage.app.paths).toEqual([...ALL.slice(0, 3), ...messages, ...ALL.slice(4), ...again]);
    expect((await stage.app.requests('/message')).map(({ body }) => body)).toEqual(
      [1, 2, 3].map((data) => ({ subscription: 'books.1', user_id: 'u', data })),
    );
  });

  // The pong of a client whose authorizer took 8 s came after 8 s, so it was no check of life.
  it('do not hold up the ping of a client of kittiwake.v1.json', async () => {
    const decided = deferred();
    stage.app.answer('/before', { after: decided.promise });
    const client = await stage.connect('kittiwake.v1.json');
    const frames = [AUTH, { ...SUBSCRIBE, id: 1 }, { event: 'x', id: 2 }];
    for (const frame of frames) client.send(frame);
    expect(await client.next()).toEqual({ event: 'auth', status: 'ok' });
    await stage.app.requests('/before');
    expect(await client.ask({ event: 'ping', data: 'alive', id: 3 })).toEqual({
      event: 'pong',
      data: 'alive',
      id: 3,
    });
    // A large one is not looked at before its turn.
    client.send({ event: 'ping', id: 4, padding: 'p'.repeat(1024) });
    expect(await client.ask({ event: 'ping', id: 5 })).toEqual({ event: 'pong', data: null, id: 5 });
    decided.resolve();
    expect(await client.next()).toMatchObject({ ...SUBSCRIBE, status: 'ok', id: 1 });
    expect(await client.next()).toMatchObject({ event: 'x', id: 2 });
    expect(await client.next()).toEqual({ event: 'pong', data: null, id: 4 });
  });

  it('wait for the callbacks of those before', async () => {
    const gates = ALL.slice(1).map((path) => {
      const gate = deferred();
      stage.app.answer(path, { after: gate.promise });
      return { path, gate };
    });
    const client = await stage.connect();
    sendTogether(client, AUTH, SUBSCRIBE, message(1), UNSUBSCRIBE);
    for (const [index, { path, gate }] of gates.entries()) {
      await stage.app.requests(path);
      const bystander = await stage.connect();
      await bystander.settled();
      expect(stage.app.paths).toEqual(ALL.slice(0, index + 2));
      gate.resolve();
    }
    expect(await client.settled()).toHaveLength(3);
  });

  it('with the handshake are handled', async () => {
    const socket = connect(stage.gateway.port, '127.0.0.1');
    socket.write(
      Buffer.concat([Buffer.from(HANDSHAKE_TEXT), ...[AUTH, SUBSCRIBE, message(1)].map(clientFrame)]),
    );
    await stage.app.requests('/message');
    socket.destroy();
    await stage.app.requests('/on-end');
    expect(stage.app.paths).toEqual(ALL);
  });

  it('are all handled when there are more than the inbox holds', async () => {
    const gate = deferred();
    stage.app.answer('/before', { after: gate.promise });
    const client = await stage.connect();
    const pings = Array.from({ length: 3000 }, (_, index) => ({ event: 'ping', data: `${index}` }));
    sendTogether(client, AUTH, SUBSCRIBE, ...pings);
    await stage.app.requests('/before');
    gate.resolve();
    expect((await client.settled()).slice(2).map(({ data }) => data)).toEqual(pings.map(({ data }) => data));
  });
});

describe('a client that leaves at once', () => {
  it.each<[string, (client: TestClient) => unknown]>([
    ['closes', (client) => client.webSocket.close()],
    ['ends its side of the connection', (client) => socketOf(client).end()],
  ])('and %s has its events handled', async (_, leave) => {
    const client = await stage.connect();
    sendTogether(client, AUTH, SUBSCRIBE, message('last words'));
    leave(client);
    await stage.app.requests('/on-end');
    await stage.everyoneLeaves();
    expect(stage.app.paths).toEqual(ALL);
    expect((await stage.app.requests('/message'))[0]?.body).toMatchObject({
      user_id: 'u',
      data: 'last words',
    });
  });

  it('has its last message handled although the app is slow', async () => {
    const gate = deferred();
    stage.app.answer('/before', { after: gate.promise });
    const client = await stage.connect();
    sendTogether(client, AUTH, SUBSCRIBE, message(1), message(2));
    await stage.app.requests('/before');
    await client.close();
    gate.resolve();
    await stage.app.requests('/on-end');
    const asked = [...ALL.slice(0, 4), '/message', ...ALL.slice(4)];
    expect(stage.app.paths).toEqual(asked);
  });
});

describe('a gateway that ends a session', () => {
  it('drops the events that wait, and is done although its inbox is full', async () => {
    const gate = deferred();
    stage.app.answer('/message', { after: gate.promise, body: 'null' });
    const client = await stage.connect();
    sendTogether(client, AUTH, SUBSCRIBE, message(1), ...Array(500).fill(message(2)));
    await stage.app.requests('/message');
    client.webSocket.ping();
    gate.resolve();
    expect((await client.untilClosed()).code).toBe(1000);
    await stage.app.requests('/on-end');
    expect(stage.app.paths).toEqual(ALL);
  });
});
