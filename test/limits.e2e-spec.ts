import { jest } from '@jest/globals';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ClientOptions } from 'ws';
import type { KittiwakeOptions } from '../src/config/options.js';
import { KITTIWAKE_V1 } from '../src/protocol/sub-protocol.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { TestClient } from './support/client.js';
import { TestGateway } from './support/gateway.js';
import { HANDSHAKE_TEXT } from './support/handshake.js';
import { StubApp } from './support/stub-app.js';
import { deferred, eventually } from './support/wait.js';

const MIB = 1_048_576;
const OPEN_SERVICE = { books: { requireAuthentication: false } };

const stopped = stoppedAfterEach();
let gateway: TestGateway;

async function start(options: KittiwakeOptions): Promise<void> {
  gateway = stopped(await TestGateway.start({ services: OPEN_SERVICE, ...options }));
}

function connectClient(protocols: string[] = [], options: ClientOptions = {}): Promise<TestClient> {
  return TestClient.connect(gateway.url, protocols, options);
}

/** Waits until the gateway has pinged the client so often. */
async function pings(client: TestClient, count: number): Promise<void> {
  const options = { signal: AbortSignal.timeout(10_000) };
  for (let seen = 0; seen < count; seen++) await once(client.webSocket, 'ping', options);
}

function closedFor(reason: string): Promise<number> {
  return gateway.metric('kittiwake_connections_closed_total', { reason });
}

/** A topic of an ordinary length, 40 bytes. */
function nameOf(number: number): string {
  return `books.${'customer'.padEnd(28, '-')}${`${number}`.padStart(6, '0')}`;
}

/** The text of a ping of exactly so many bytes. */
function pingOf(bytes: number, data = 'x'): string {
  const head = `{"event":"ping","data":"${data}","padding":"`;
  return `${head}${'p'.repeat(bytes - head.length - 2)}"}`;
}

describe('the size of a frame', () => {
  beforeEach(() => start({}));

  it.each([
    ['text', (text: string) => text],
    ['binary', (text: string) => Buffer.from(text)],
  ])('may be 1 MiB, and one byte more closes with 1009: %s', async (_kind, as) => {
    const client = await connectClient();
    expect(await client.ask(as(pingOf(MIB)))).toEqual({ event: 'pong', data: 'x' });
    client.send(as(pingOf(MIB + 1)));
    expect((await client.untilClosed()).code).toBe(1009);
    expect(client.frames).toEqual([]);
    expect(await closedFor('too_many_bytes')).toBe(1);
  });

  it('counts bytes, not characters', async () => {
    const client = await connectClient();
    const padding = '€'.repeat(MIB / 3);
    client.send({ event: 'ping', padding });
    expect((await client.untilClosed()).code).toBe(1009);
  });

  it('counts the fragments of a message together', async () => {
    const client = await connectClient();
    const text = pingOf(MIB + 1);
    client.webSocket.send(text.slice(0, MIB / 2), { fin: false });
    client.webSocket.send(text.slice(MIB / 2), { fin: true });
    expect((await client.untilClosed()).code).toBe(1009);
  });
});

describe('too many events', () => {
  it('close with 4429, and those above the limit are not handled', async () => {
    await start({ limits: { eventsPerSecond: 5, eventBurst: 0 } });
    const client = await connectClient();
    for (let i = 0; i < 30; i++) client.send({ event: 'ping', data: `${i}` });
    expect(await client.untilClosed()).toEqual({ code: 4429, reason: 'Too many events.' });
    // The pings may fall into two seconds, of which each has its own five.
    expect(client.frames.length).toBeLessThanOrEqual(10);
    expect(await closedFor('too_many_events')).toBe(1);
  });

  it('are counted for each connection alone', async () => {
    await start({ limits: { eventsPerSecond: 5, eventBurst: 0 } });
    const clients = await Promise.all(Array.from({ length: 10 }, () => connectClient()));
    for (const client of clients) {
      for (let i = 0; i < 5; i++) expect(await client.ask({ event: 'ping', data: `${i}` })).toBeDefined();
    }
    expect(await gateway.metric('kittiwake_connections')).toBe(10);
  });

  // A client that came back and subscribed to all it had was closed, though it may have 10,000 subscriptions.
  it('are not those of a client that subscribes to all it may at once', async () => {
    await start({});
    const client = await connectClient();
    const TOPICS = 10_000;
    for (let i = 0; i < TOPICS; i++) client.send({ event: 'subscribe', subscription: nameOf(i) });
    await eventually(() => client.frames.length === TOPICS, { what: 'all replies', timeoutMs: 30_000 });
    expect(client.frames.splice(0).filter((text) => !text.includes('"status":"ok"'))).toEqual([]);
    expect(await client.ask({ event: 'subscribe', subscription: 'books.more' })).toHaveProperty(
      'error',
      'Too many subscriptions.',
    );
  });

  it('may be a burst of a size that is set', async () => {
    await start({ limits: { eventsPerSecond: 1, eventBurst: 100 } });
    const client = await connectClient();
    for (let i = 0; i < 101; i++) expect(await client.ask({ event: 'ping' })).toHaveProperty('event', 'pong');
    for (let i = 0; i < 100; i++) client.send({ event: 'ping' });
    expect(await client.untilClosed()).toEqual({ code: 4429, reason: 'Too many events.' });
  });
});

describe('a connection that keeps silent', () => {
  it('is closed with 4408 when it is idle, one that sends events is not', async () => {
    await start({ limits: { idle: '1s', eventsPerSecond: 0 } });
    const busy = await connectClient();
    const idle = await connectClient();
    const closed = idle.untilClosed();
    let rounds = 0;
    while (!idle.closed) {
      expect(await busy.ask({ event: 'ping', data: 'busy' })).toEqual({ event: 'pong', data: 'busy' });
      rounds++;
    }
    expect(await closed).toEqual({ code: 4408, reason: 'Idle for too long.' });
    expect(rounds).toBeGreaterThan(0);
    expect(await busy.settled()).toEqual([]);
    expect(await closedFor('idle')).toBe(1);
  });

  it('is closed with 4401 at the deadline, unless it has authenticated or subscribed', async () => {
    const app = stopped(await StubApp.start());
    app.answer('/ticket', { body: { status: 'ok', user_id: 'u1' } });
    await start({ auth: { deadline: '1s', ticket: { url: `${app.url}/ticket` } } });
    const [subscribed, authenticated] = [await connectClient(), await connectClient()];
    await subscribed.ask({ event: 'subscribe', subscription: 'books.1' });
    expect(await authenticated.ask({ event: 'auth', ticket: 't' })).toEqual({ event: 'auth', status: 'ok' });
    const [silent, refused, pinging] = [await connectClient(), await connectClient(), await connectClient()];
    await refused.ask({ event: 'subscribe', subscription: 'nothing.1' });
    await pinging.ask({ event: 'ping' });
    for (const client of [silent, refused, pinging]) {
      expect(await client.untilClosed()).toEqual({ code: 4401, reason: 'Not authenticated in time.' });
    }
    expect(await subscribed.settled()).toEqual([]);
    expect(await authenticated.settled()).toEqual([]);
    expect(await closedFor('not_authenticated')).toBe(3);
  });

  it('is closed with 4428 at the deadline if it speaks kittiwake.v1.json: its credentials may be good', async () => {
    await start({ auth: { deadline: '200ms' } });
    const client = await connectClient([KITTIWAKE_V1]);
    expect(await client.untilClosed()).toEqual({ code: 4428, reason: 'Not authenticated in time.' });
  });

  // An authorizer that took 2.6 s, with a deadline of 1.5 s, had the client closed for not subscribing in time.
  it('has its deadline stand still while the app decides', async () => {
    const app = stopped(await StubApp.start());
    const decided = deferred();
    app.answer('/authorizer', { after: decided.promise });
    await start({
      auth: { deadline: '300ms' },
      services: { books: { requireAuthentication: false, authorizer: `${app.url}/authorizer` } },
    });
    const [waiting, silent] = [await connectClient(), await connectClient()];
    waiting.send({ event: 'subscribe', subscription: 'books.1' });
    await app.requests('/authorizer', 1);
    await silent.untilClosed();
    decided.resolve();
    expect(await waiting.next()).toEqual({ event: 'subscribe', subscription: 'books.1', status: 'ok' });
  });
});

describe('a clock that is set', () => {
  it.each([
    ['back', -3_600_000],
    ['forward', 3_600_000],
  ])('%s neither stops deadlines nor brings them nearer', async (_, byMs) => {
    await start({ limits: { idle: '1s' } });
    const [idle, busy] = [await connectClient(), await connectClient()];
    const timeOfDay = Date.now.bind(Date);
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => timeOfDay() + byMs);
    try {
      for (let asked = 0; asked < 20; asked++) expect(await busy.ask({ event: 'ping' })).toBeDefined();
      expect([idle.closed, busy.closed]).toEqual([undefined, undefined]);
      expect(await idle.untilClosed()).toEqual({ code: 4408, reason: 'Idle for too long.' });
    } finally {
      clock.mockRestore();
    }
  });
});

describe('a handshake that is never completed', () => {
  it('is dropped after its time', async () => {
    await start({ limits: { handshakeTimeout: '300ms' } });
    const socket = connect(gateway.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume().write('GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n');
    await once(socket, 'close', { signal: AbortSignal.timeout(5000) });
    const client = await connectClient();
    expect(await client.settled()).toEqual([]);
  });
});

describe('subscriptions of one session', () => {
  it('are refused above the limit, until one ends', async () => {
    await start({ limits: { subscriptionsPerSession: 2 } });
    const client = await connectClient();
    for (const topic of ['books.1', 'books.2']) {
      expect(await client.ask({ event: 'subscribe', subscription: topic })).toHaveProperty('status', 'ok');
    }
    expect(await client.ask({ event: 'subscribe', subscription: 'books.3' })).toEqual({
      event: 'subscribe',
      subscription: 'books.3',
      status: 'error',
      error: 'Too many subscriptions.',
    });
    await client.ask({ event: 'unsubscribe', subscription: 'books.1' });
    expect(await client.ask({ event: 'subscribe', subscription: 'books.3' })).toHaveProperty('status', 'ok');
  });
});

/** A client that has completed the handshake, and never closes, whatever it is sent. */
async function rudeClient(): Promise<Socket> {
  const socket = connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true });
  stopped({ stop: () => socket.destroy() });
  socket.on('error', () => undefined);
  socket.write(HANDSHAKE_TEXT);
  await once(socket, 'data');
  socket.resume();
  return socket;
}

/** A text frame as a client sends it, masked with zeros. */
function maskedFrame(text: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(text));
  return Buffer.concat([Buffer.from([0x81, 0xfe]), length, Buffer.alloc(4), Buffer.from(text)]);
}

// With three connections allowed, 3,000 clients held a socket for half a minute each, and none was counted.
describe('a client that does not close', () => {
  const BAD_FRAME = Buffer.from([0xff, 0xff]);

  it.each([
    ['after a bad frame', BAD_FRAME],
    ['after too many events', Buffer.concat(Array.from({ length: 3 }, () => maskedFrame(pingOf(200))))],
    ['after its own close frame', Buffer.from([0x88, 0x80, 0, 0, 0, 0])],
  ])('counts until its socket is destroyed: %s', async (_case, bytes) => {
    const limits = {
      connections: 1,
      connectionsPerAddress: 1,
      eventsPerSecond: 1,
      eventBurst: 0,
      closeTimeout: '1s',
    };
    await start({ limits });
    const rude = await rudeClient();
    const ended = once(rude, 'data'); // the close frame
    rude.write(bytes);
    await ended;
    expect(await TestClient.refusal(gateway.url)).toBe(503);
    expect(await gateway.metric('kittiwake_connections')).toBe(1);
    const next = await eventually(() => connectClient());
    expect(await gateway.metric('kittiwake_connections')).toBe(1);
    expect(await next.settled()).toEqual([]);
  });

  it('is cut when it ends its side without a close frame, and does not read what waits for it', async () => {
    await start({
      limits: { connections: 1, closeTimeout: '1s', outboxBytes: '64MiB' },
      ping: { interval: '0s' },
    });
    const rude = await rudeClient();
    const subscribed = once(rude, 'data');
    rude.write(maskedFrame('{"event":"subscribe","subscription":"books.1"}'));
    await subscribed;
    rude.pause();
    const data = 'd'.repeat(MIB / 2);
    for (let i = 0; i < 40; i++)
      expect((await gateway.publish({ subscription: 'books.1', data })).status).toBe(200);
    rude.end();
    const next = await eventually(() => connectClient());
    expect(await next.settled()).toEqual([]);
    expect(await closedFor('client')).toBe(1);
  });

  it('is not read any more', async () => {
    await start({ limits: { eventsPerSecond: 1, eventBurst: 0, closeTimeout: '1s' } });
    const rude = await rudeClient();
    const closed = new Promise((resolve) => rude.once('close', resolve)); // after a reset
    let takenMiB = 0;
    const flood = floodOf(MIB);
    const goOn = (): void => {
      if (rude.destroyed || ++takenMiB > 64) return;
      rude.write(flood, goOn);
    };
    rude.write(flood, goOn);
    await closed;
    expect(takenMiB).toBeLessThan(32); // what the kernel keeps for both sides
  });

  it('closes cleanly when it answers behind what it had under way', async () => {
    await start({ limits: { eventsPerSecond: 1, eventBurst: 0, closeTimeout: '1h' } });
    const client = await connectClient();
    for (let i = 0; i < 100; i++) client.send({ event: 'ping', data: `${i}` });
    expect((await client.untilClosed()).code).toBe(4429);
    await eventually(async () => (await gateway.metric('kittiwake_connections')) === 0);
  });
});

/** As many events as fit into so many bytes. */
function floodOf(bytes: number): Buffer {
  return Buffer.alloc(bytes, maskedFrame(pingOf(1016)));
}

describe('the number of connections', () => {
  const from = (address: string) => ({ headers: { 'X-Forwarded-For': address } });

  it('is limited: one more is refused with 503, until one leaves', async () => {
    await start({ limits: { connections: 2 } });
    const [first] = [await connectClient(), await connectClient()];
    expect(await TestClient.refusal(gateway.url)).toBe(503);
    await first.close();
    const third = await eventually(() => connectClient());
    expect(await third.settled()).toEqual([]);
  });

  it('of one address is limited: one more is refused with 429, until one leaves', async () => {
    await start({ limits: { connectionsPerAddress: 2 } });
    const [first] = [await connectClient(), await connectClient()];
    expect(await TestClient.refusal(gateway.url)).toBe(429);
    expect(await TestClient.refusal(gateway.url, from('198.51.100.7'))).toBe(429);
    first.drop();
    const third = await eventually(() => connectClient());
    expect(await third.settled()).toEqual([]);
    expect(await TestClient.refusal(gateway.url)).toBe(429);
  });

  it('of one address is counted by X-Forwarded-For behind a proxy', async () => {
    await start({ limits: { connectionsPerAddress: 1 }, server: { trustProxy: true } });
    await connectClient([], from('198.51.100.7'));
    for (const same of ['198.51.100.7, 203.0.113.9', '198.51.100.7:1001', '::ffff:198.51.100.7'])
      expect(await TestClient.refusal(gateway.url, from(same))).toBe(429);
    await connectClient([], from('[2001:db8::1]:1001'));
    expect(await TestClient.refusal(gateway.url, from('2001:DB8:0::2'))).toBe(429);
    const others = [await connectClient([], from('198.51.100.8, 198.51.100.7')), await connectClient()];
    for (const other of others) expect(await other.settled()).toEqual([]);
    expect(await TestClient.refusal(gateway.url)).toBe(429);
    expect(await TestClient.refusal(gateway.url, from('unknown'))).toBe(429);
  });
});

describe('a client that sends faster than the app answers', () => {
  const FRAMES = 384;
  let app: StubApp;
  let release: () => void;

  beforeEach(async () => {
    app = stopped(await StubApp.start());
    const answered = deferred();
    release = answered.resolve;
    app.answer('/before_subscribe', { after: answered.promise });
    await start({
      services: { books: { requireAuthentication: false, beforeSubscribe: `${app.url}/before_subscribe` } },
      limits: { inboxBytes: '64KiB', eventsPerSecond: 0, idle: '5s' },
      ping: { interval: '200ms', timeout: '1s' },
      shutdown: { timeout: '1s' },
    });
  });

  /** Sends 24 MiB behind an event whose callback hangs, and waits until the gateway takes no more of it. */
  async function backUp(client: TestClient, other: TestClient): Promise<number> {
    client.send({ event: 'subscribe', subscription: 'books.1' });
    for (let i = 0; i < FRAMES; i++) client.send(pingOf(65_536, `${i}`));
    return eventually(async () => {
      const before = client.webSocket.bufferedAmount;
      for (let i = 0; i < 20; i++) await other.settled();
      return client.webSocket.bufferedAmount === before && before;
    });
  }

  it('is paused, and everything is handled afterwards, in order', async () => {
    const [client, other] = [await connectClient(), await connectClient()];
    expect(await backUp(client, other)).toBeGreaterThan(4 * MIB);
    expect(client.frames).toEqual([]);
    release();
    expect(await client.next()).toEqual({ event: 'subscribe', subscription: 'books.1', status: 'ok' });
    for (let i = 0; i < FRAMES; i++) expect(await client.next()).toEqual({ event: 'pong', data: `${i}` });
    expect(client.webSocket.bufferedAmount).toBe(0);
  });

  it('is not taken for dead while it is paused, though its pongs are not read', async () => {
    const [client, other] = [await connectClient(), await connectClient()];
    await backUp(client, other);
    await pings(other, 6);
    release();
    expect(await client.next()).toHaveProperty('status', 'ok');
    for (let i = 0; i < FRAMES; i++) expect(await client.next()).toEqual({ event: 'pong', data: `${i}` });
    await pings(client, 3);
    expect(await client.settled()).toEqual([]);
  });

  it('costs nobody else anything, and may leave while it is paused', async () => {
    const [client, other] = [await connectClient(), await connectClient()];
    await backUp(client, other);
    expect(await other.settled()).toEqual([]);
    client.drop();
    release();
    await eventually(async () => (await gateway.metric('kittiwake_connections')) === 1);
    expect(await other.settled()).toEqual([]);
  });
});

describe('a client that stops reading', () => {
  const DATA = 'd'.repeat(65_536);

  it('is closed as a slow consumer, and the others get everything', async () => {
    await start({ limits: { outboxBytes: '256KiB', closeTimeout: '1h' } });
    const [slow, fast] = [await connectClient(), await connectClient([KITTIWAKE_V1])];
    for (const client of [slow, fast]) await client.ask({ event: 'subscribe', subscription: 'books.1' });
    slow.webSocket.pause();
    let published = 0;
    while ((await closedFor('slow_consumer')) === 0) {
      expect(published).toBeLessThan(1000);
      await gateway.publish({ subscription: 'books.1', data: [published, DATA] });
      expect((await fast.next()).data).toEqual([published++, DATA]);
    }
    await gateway.publish({ subscription: 'books.1', data: 'after' });
    expect((await fast.next()).data).toBe('after');

    slow.webSocket.resume();
    expect(await slow.untilClosed()).toEqual({ code: 1013, reason: 'Too slow to receive.' });
    const received = slow.frames.map((text) => (JSON.parse(text) as { data: [number] }).data[0]);
    expect(received).toEqual(Array.from({ length: received.length }, (_, i) => i));
    expect(received.length).toBeLessThan(published); // what waited is not kept for a client that is closed
    await eventually(async () => (await gateway.metric('kittiwake_connections')) === 1);
  });

  it('leaves no subscription behind', async () => {
    const app = stopped(await StubApp.start());
    const onUnsubscribe = `${app.url}/on_unsubscribe`;
    await start({
      services: { books: { requireAuthentication: false, onUnsubscribe } },
      limits: { outboxBytes: '256KiB' },
    });
    const slow = await connectClient();
    await slow.ask({ event: 'subscribe', subscription: 'books.1' });
    slow.webSocket.pause();
    while ((await closedFor('slow_consumer')) === 0) {
      await gateway.publish({ subscription: 'books.1', data: DATA });
    }
    expect((await app.requests('/on_unsubscribe'))[0]!.body).toEqual({ subscription: 'books.1' });
    slow.drop();
  });
});

describe('publications that are held while a subscription begins', () => {
  it('are bounded: beyond the limit the client is closed as a slow consumer', async () => {
    const app = stopped(await StubApp.start());
    const answered = deferred();
    app.answer('/before_subscribe', { after: answered.promise });
    const url = (path: string) => `${app.url}/${path}`;
    const service = {
      requireAuthentication: false,
      beforeSubscribe: url('before_subscribe'),
      onUnsubscribe: url('on_unsubscribe'),
    };
    await start({ services: { books: service }, limits: { outboxBytes: '64KiB' } });
    const client = await connectClient();
    client.send({ event: 'subscribe', subscription: 'books.1' });
    await app.requests('/before_subscribe');
    const data = 'd'.repeat(10_000);
    for (let i = 0; i < 6; i++) await gateway.publish({ subscription: 'books.1', data });
    expect(await gateway.metric('kittiwake_connections')).toBe(1);
    await gateway.publish({ subscription: 'books.1', data });
    expect(await client.untilClosed()).toEqual({ code: 1013, reason: 'Too slow to receive.' });
    expect(await closedFor('slow_consumer')).toBe(1);
    expect(client.frames).toEqual([]);
    answered.resolve();
    await app.requests('/on_unsubscribe');
  });
});

describe('a ping of the gateway', () => {
  const startWith = (timeout: string) =>
    start({ ping: { interval: '200ms', timeout }, limits: { eventsPerSecond: 0 } });

  it.each([
    ['1000 for a plain client', [], { code: 1000, reason: '' }],
    ['4408 for a client of the sub-protocol', [KITTIWAKE_V1], { code: 4408, reason: 'No answer to a ping.' }],
  ])('closes with %s that does not answer', async (_case, protocols, closed) => {
    await startWith('200ms');
    const client = await connectClient(protocols, { autoPong: false });
    expect(await client.untilClosed()).toEqual(closed);
    expect(await closedFor('unresponsive')).toBe(1);
  });

  it('does not count events as answers', async () => {
    await startWith('200ms');
    const client = await connectClient([], { autoPong: false });
    while (!client.closed) await client.ask({ event: 'ping' }).catch(() => undefined);
    expect(client.closed).toEqual({ code: 1000, reason: '' });
  });

  it('keeps the connection of a client that answers', async () => {
    await startWith('1s');
    const client = await connectClient();
    await pings(client, 4);
    expect(await client.settled()).toEqual([]);
  });

  it('comes every interval, however long the answer may take', async () => {
    await startWith('30s');
    const client = await connectClient();
    await pings(client, 3);
    expect(await client.settled()).toEqual([]);
  });
});

describe('many clients at once', () => {
  it('are let in while those that are there are served', async () => {
    await start({ limits: { acceptsPerTick: 1 } });
    const here = await connectClient();
    let letIn = 0;
    const coming = Array.from({ length: 200 }, () => connectClient().then(() => letIn++));
    await Promise.race(coming);
    expect(await here.ask({ event: 'ping', data: 'x' })).toEqual({ event: 'pong', data: 'x' });
    expect(letIn).toBeLessThan(200);
    await Promise.all(coming);
    expect(await gateway.metric('kittiwake_connections')).toBe(201);
  });

  /** So many handshakes that arrive at the same time. */
  async function handshakes(count: number): Promise<Socket[]> {
    const connecting = Array.from({ length: count }, async () => {
      const socket = connect(gateway.port, '127.0.0.1').setEncoding('latin1');
      await once(socket, 'connect');
      return socket;
    });
    const sockets = await Promise.all(connecting);
    await gateway.metric('kittiwake_connections'); // by now all of them have been accepted
    for (const socket of sockets) socket.write(HANDSHAKE_TEXT);
    return sockets;
  }

  async function statusOf(socket: Socket): Promise<string> {
    return String(await once(socket, 'data')).slice(0, 12);
  }

  it('are refused with 503 when too many wait', async () => {
    await start({ limits: { acceptsPerTick: 1, acceptQueue: 2 } });
    const sockets = await handshakes(50);
    const statuses = await Promise.all(sockets.map(statusOf));
    for (const socket of sockets) socket.destroy();
    const refusals = statuses.filter((status) => status === 'HTTP/1.1 503').length;
    expect(refusals).toBeGreaterThan(0);
    expect(statuses.filter((status) => status === 'HTTP/1.1 101')).toHaveLength(50 - refusals);
    expect(await gateway.metric('kittiwake_handshakes_refused_total', { status: '503' })).toBe(refusals);
    expect(await gateway.metric('kittiwake_connections_total')).toBe(50 - refusals);
  });

  it('are refused with 503 when their turn comes too late', async () => {
    await start({ limits: { acceptsPerTick: 1, handshakeTimeout: '500ms' } });
    const sockets = await handshakes(50);
    const statuses = sockets.map(statusOf);
    await Promise.race(statuses);
    for (const untilMs = performance.now() + 600; performance.now() < untilMs;); // nobody has a turn meanwhile
    const late = (await Promise.all(statuses)).filter((status) => status === 'HTTP/1.1 503');
    for (const socket of sockets) socket.destroy();
    expect(late.length).toBeGreaterThan(0);
    expect(await gateway.metric('kittiwake_connections_total')).toBe(50 - late.length);
  });

  it('take no place when they are gone before their turn', async () => {
    await start({ limits: { acceptsPerTick: 1 } });
    const sockets = await handshakes(50);
    await Promise.race(sockets.map((socket) => once(socket, 'data')));
    for (const socket of sockets) socket.resetAndDestroy();
    await eventually(async () => (await gateway.metric('kittiwake_handshakes_waiting')) === 0);
    expect(await gateway.metric('kittiwake_connections_total')).toBeLessThan(50);
    await eventually(async () => (await gateway.metric('kittiwake_connections')) === 0);
  });
});
