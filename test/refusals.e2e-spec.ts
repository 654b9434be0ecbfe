import { jest } from '@jest/globals';
import { Logger, type LoggerService } from '@nestjs/common';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect as connectTo, type Socket } from 'node:net';
import type { ClientOptions } from 'ws';
import { BrokerError } from '../src/broker/broker.error.js';
import { BROKER, type Broker } from '../src/broker/broker.js';
import type { KittiwakeOptions } from '../src/config/options.js';
import { Denial } from '../src/connection/endpoint/denial.js';
import { Endpoints } from '../src/connection/endpoint/endpoints.js';
import { PUSH_REFUSALS } from '../src/push/push-refusals.js';
import { Kittiwake } from '../src/kittiwake.js';
import { LogLine } from '../src/metrics/log-line.js';
import { PROCEDURE_ERRORS } from '../src/procedures/procedure-errors.js';
import { Procedures } from '../src/procedures/procedures.js';
import { CLOSE_REASONS } from '../src/protocol/close-reason.js';
import { HANDSHAKE_REASONS } from '../src/protocol/handshake-refusals.js';
import { ROOM_ERRORS } from '../src/rooms/room-errors.js';
import { RoomRelay } from '../src/rooms/relay/room-relay.js';
import { BearerTokens } from '../src/rpc/bearer-tokens.js';
import { RPC_ERRORS } from '../src/rpc/websocket/errors.js';
import { Services } from '../src/topics/service/services.js';
import { SERVICE_UNAVAILABLE, UNHANDLED_EXCEPTION } from '../src/events/event-errors.js';
import { DEFAULT_REFUSALS, TOPIC_ERRORS } from '../src/topics/topic-errors.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { TestClient } from './support/client.js';
import { API_KEY, TestGateway } from './support/gateway.js';
import { HANDSHAKE_TEXT } from './support/handshake.js';
import { RedisServer } from './support/redis-server.js';
import { callOf, procedureOf, rpcToken, SECRET } from './support/rpc.js';
import { StubApp } from './support/stub-app.js';
import { signToken } from './support/tokens.js';
import { eventually } from './support/wait.js';

const ORIGIN = 'https://app.example.com';
const V1 = 'kittiwake.v1.json';
const JWT = {
  algorithms: ['HS256'],
  secret: SECRET,
  fields: { user_id: 'user_id' },
  clockTolerance: '0s',
} as const;
const BOOKS = { books: { requireAuthentication: false } };
const ROOM = { id: 1 };
const BOOTSTRAP = '/api/bootstrap/';

/** Nest's log, as far as it is about refusals or about what failed. */
class Lines implements LoggerService {
  readonly debugged: { text: string; fields: Record<string, unknown> }[] = [];
  readonly warned: unknown[] = [];

  debug(message: unknown): void {
    const fields = JSON.parse(JSON.stringify(message)) as Record<string, unknown>;
    this.debugged.push({ text: message instanceof LogLine ? message.text : String(message), fields });
  }

  warn(message: unknown): void {
    this.warned.push(message);
  }

  error(message: unknown): void {
    this.warned.push(message);
  }

  log(): void {}
}

const started = stoppedAfterEach();
let app: StubApp;
/** The gateway of most scenarios. */
let gateway: TestGateway;
/** That of the scenario. */
let where: TestGateway;
let lines: Lines;
let clients: TestClient[] = [];

beforeAll(async () => {
  app = await StubApp.start();
  gateway = await TestGateway.start({
    server: { trustProxy: true },
    origins: [ORIGIN],
    callbacks: { tries: 1 },
    limits: {
      connections: 8,
      connectionsPerAddress: 4,
      acceptsPerTick: 1,
      acceptQueue: 1,
      frameBytes: 20_000,
      eventsPerSecond: 100,
      eventBurst: 50,
      outboxBytes: 100_000,
      subscriptionsPerSession: 2,
      subscriptionsPerEvent: 2,
      topicBytes: 50,
      keptBytes: 1_500,
    },
    publish: { maxPerSecond: 1, maxBodyBytes: 1_000, keys: { reader: { key: READER, may: ['read'] } } },
    auth: { ticket: { url: `${app.url}/ticket`, fields: ['user_id'] }, jwt: JWT, maxFailures: 2 },
    procedures: { resultBytes: 1_000 },
    rooms: { api: { url: `${app.url}/api/` }, history: {} },
    services: {
      books: {
        requireAuthentication: false,
        authorizer: `${app.url}/authorizer`,
        beforeSubscribe: `${app.url}/before`,
        extraFields: ['note'],
      },
      closed: {},
    },
  });
  for (const one of [
    procedureOf('add', (_call, a: number, b: number) => a + b, { takes: ['a', 'b'] }),
    procedureOf('fail', () => Promise.reject(new Error('top-secret'))),
    procedureOf('big', () => 'x'.repeat(1_001)),
    procedureOf('hang', hang),
    procedureOf('hang_alone', hang, { concurrency: 1 }),
    procedureOf('hang_briefly', hang, { deadlineMs: 20 }),
  ])
    gateway.app.get(Procedures).add(one);
});
beforeEach(() => {
  clients = [];
  where = gateway;
  lines = new Lines();
  Logger.overrideLogger(lines);
});
afterEach(async () => {
  app.forget();
  for (const client of clients) client.drop();
  await eventually(async () => (await gateway.metric('kittiwake_connections')) === 0);
});
afterAll(async () => {
  await gateway.stop();
  await app.stop();
});

/** Has the scenario play at a gateway of its own. */
async function other(options: KittiwakeOptions): Promise<TestGateway> {
  where = started(await TestGateway.start({ callbacks: { tries: 1 }, ...options }));
  Logger.overrideLogger(lines);
  return where;
}

/** The key of a service that only reads. */
const READER = 'a-key-that-is-for-reading';

/** A gateway whose Redis has gone, and a client that was there. */
async function broken(): Promise<TestGateway> {
  const redis = started(await RedisServer.start());
  const url = `redis://127.0.0.1:${redis.port}`;
  const one = await other({ broker: { kind: 'redis', redis: { url } }, services: BOOKS });
  await connect();
  await redis.stop();
  await eventually(async () => (await one.metric('kittiwake_broker_ready')) === 0);
  return one;
}

function hang({ signal }: { readonly signal: AbortSignal }): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

async function connect(path = '/ws', options: ClientOptions = {}): Promise<TestClient> {
  const client = await TestClient.connect(`ws://127.0.0.1:${where.port}${path}`, [V1], options);
  clients.push(client);
  return client;
}

/** Asks for a WebSocket as no client of ours would. @returns the status. */
async function upgrade(path: string, headers: Record<string, string>): Promise<number | undefined> {
  const asking = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', ...headers };
  const sent = request({ port: gateway.port, host: '127.0.0.1', path, headers: asking }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

type Scenario = () => Promise<unknown>;
type Scenarios<Table> = Readonly<Record<keyof Table, Scenario>>;

const rpcUrl = (token = ''): string => `ws://127.0.0.1:${where.port}/rpc${token}`;
const push = (body: string, key = API_KEY): Promise<Response> =>
  where.publish(body, { Authorization: `Bearer ${key}` });
const PUBLICATION = JSON.stringify({ subscription: 'books.1', data: 1 });

const full = async (count: number, headersOf: (i: number) => Record<string, string>): Promise<void> => {
  for (let i = 0; i < count; i++) await connect('/ws', { headers: headersOf(i) });
  await TestClient.refusal(gateway.url);
};

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

/** A client with a token, where the keys to verify it with are published. */
async function withPublishedKey(handshakeTimeout: string): Promise<number> {
  const jwt = { algorithms: ['ES256'], jwksUrl: `${app.url}/keys` } as const;
  await other({ procedures: {}, auth: { jwt }, limits: { handshakeTimeout } });
  const token = signToken({ algorithm: 'ES256', key: privateKey, claims: { sub: 'a' } });
  return TestClient.refusal(rpcUrl(`/token/${token}`));
}

type Denied = 'unauthorized' | 'forbidden' | 'appUnavailable';

/** Has the app let nobody connect at an endpoint. */
async function denying(path: string, kind: Denied): Promise<void> {
  await other({ procedures: {}, auth: { jwt: JWT }, services: BOOKS });
  const verdict = { by: 'the app', why: 'it does not let it connect' };
  where.app.get(Endpoints).match(path)!.guard = () =>
    Promise.resolve(new Denial(CLOSE_REASONS[kind], HANDSHAKE_REASONS[kind], verdict));
}

async function denied(kind: Denied): Promise<number> {
  await denying('/rpc', kind);
  return TestClient.refusal(rpcUrl(`/token/${rpcToken()}`));
}

const HANDSHAKES: Scenarios<typeof HANDSHAKE_REASONS> = {
  badTarget: () => upgrade('//', {}),
  pathNotFound: () => TestClient.refusal(`ws://127.0.0.1:${gateway.port}/nowhere`),
  originNotAllowed: () => TestClient.refusal(gateway.url, { headers: { Origin: 'https://evil.example' } }),
  notAWebSocket: () => upgrade('/ws', { 'Sec-WebSocket-Key': 'short' }),
  versionNotSpoken: () => upgrade(`/rpc/token/${rpcToken()}`, { 'Sec-WebSocket-Version': '7' }),
  methodNotAllowed: () => fetch(rpcUrl().replace('ws:', 'http:'), { method: 'DELETE' }),
  tokenMissing: () => TestClient.refusal(rpcUrl()),
  tokenRefused: () => TestClient.refusal(rpcUrl('/token/top-secret-token')),
  unauthorized: () => denied('unauthorized'),
  forbidden: () => denied('forbidden'),
  appUnavailable: () => denied('appUnavailable'),
  tooManyFailures: async () => {
    await other({ procedures: {}, auth: { jwt: JWT, maxFailuresPerAddress: 1 } });
    for (const token of ['top-secret-1', 'top-secret-2']) await TestClient.refusal(rpcUrl(`/token/${token}`));
  },
  keyMissing: async () => {
    await other({ procedures: {} });
    await TestClient.refusal(rpcUrl(`/token/${rpcToken()}`));
  },
  keysUnavailable: () => {
    app.answer('/keys', { status: 500 });
    return withPublishedKey('10s');
  },
  tooManyOfAddress: () => full(4, () => ({})),
  tooManyConnections: () => full(8, (i) => ({ 'X-Forwarded-For': `192.0.2.${i}` })),
  notAccepting: async () => TestClient.refusal((await broken()).url),
  tooManyWaiting: async () => {
    const sockets = Array.from({ length: 20 }, () => connectTo({ port: gateway.port, host: '127.0.0.1' }));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    await gateway.metric('kittiwake_connections'); // by now all of them have been accepted
    for (const socket of sockets) socket.on('error', () => undefined).write(HANDSHAKE_TEXT);
    await Promise.all(sockets.map((socket) => once(socket, 'data')));
    for (const socket of sockets) socket.destroy();
  },
  tooLate: () => {
    app.answer('/keys', { after: new Promise(() => undefined) });
    return withPublishedKey('100ms');
  },
  defect: () => {
    jest.spyOn(BearerTokens.prototype, 'identify').mockRejectedValueOnce(new Error('a fault'));
    return TestClient.refusal(rpcUrl('/token/any'));
  },
};

const PUSHES: Record<keyof typeof PUSH_REFUSALS, Scenario> = {
  400: () => push('nonsense'),
  401: () => push(PUBLICATION, 'top-secret-key'),
  403: () => push(PUBLICATION, READER),
  413: () => push(`"${'x'.repeat(1_001)}"`),
  429: () => eventually(async () => (await push(PUBLICATION)).status === 429),
  503: async () => {
    await broken();
    await push(PUBLICATION);
  },
};

const send = async (...events: unknown[]): Promise<void> => {
  const client = await connect();
  for (const event of events) client.send(event);
};
const subscribe = (subscription: unknown, more: object = {}): object => ({
  event: 'subscribe',
  subscription,
  ...more,
});

/** The client of the scenario is one of somebody who has a connection, and may have no other. */
async function secondComes(come: () => Promise<unknown>): Promise<void> {
  const first = await TestClient.connect(`ws://127.0.0.1:${where.port}/ws`, [V1]);
  started({ stop: () => first.drop() });
  await first.ask({ event: 'auth', method: 'jwt', token: rpcToken() });
  await come();
}

const enterRoom = async (...messages: unknown[]): Promise<void> => {
  app.answer(BOOTSTRAP, { body: { allowed_rooms: [{ id: '*' }] } });
  const client = await connect('/rooms');
  for (const message of messages) client.send(message);
};
const joining = (room: unknown, requestId: unknown = 'a'): object => ({ type: 'subscribe', room, requestId });
/** A text of which one is kept, and two are too much. */
const LONG = 'x'.repeat(1_000);

const CLOSINGS: Scenarios<typeof CLOSE_REASONS> = {
  unauthorized: async () => {
    await denying('/ws', 'unauthorized');
    await connect();
  },
  tooManyBytes: () => send('x'.repeat(20_001)),
  defect: () => {
    jest.spyOn(Services.prototype, 'ofTopic').mockImplementationOnce(() => {
      throw new Error('a fault');
    });
    return send(subscribe('books.1'));
  },
  reconnect: () => broken(),
  slowConsumer: async () => {
    const client = await connect();
    await client.ask(subscribe('books.1'));
    client.webSocket.pause();
    const data = 'x'.repeat(50_000);
    const kittiwake = gateway.app.get(Kittiwake, { strict: false });
    await eventually(async () => {
      for (let i = 0; i < 50; i++) await kittiwake.publish('books.1', data);
      return lines.debugged.length > 0;
    });
  },
  notAuthenticated: async () => {
    await other({ auth: { deadline: '20ms' } });
    await connect();
  },
  appUnavailable: async () => {
    app.answer(BOOTSTRAP, { status: 500 });
    await connect('/rooms');
  },
  forbidden: async () => {
    app.answer(BOOTSTRAP, { status: 403 });
    await connect('/rooms');
  },
  disconnected: async () => {
    const { connection_id: connectionId } = await (await connect()).greeting();
    await gateway.app.get(Kittiwake, { strict: false }).disconnect({ connectionId: connectionId as string });
  },
  revoked: async () => {
    const token = rpcToken({ user_id: 1, jti: 'revoked' });
    await (await connect()).ask({ event: 'auth', method: 'jwt', token });
    await gateway.app.get(Kittiwake, { strict: false }).revoke({ tokenId: 'revoked' });
  },
  sessionExpired: () =>
    send({
      event: 'auth',
      method: 'jwt',
      token: rpcToken({ user_id: 1, exp: Date.now() / 1000 + 1 }),
    }),
  authenticationFailed: () => {
    app.answer('/ticket', { body: { status: 'error' } }, { body: { status: 'error' } });
    return send({ event: 'auth', ticket: 'a' }, { event: 'auth', ticket: 'b' });
  },
  tooManyFailures: async () => {
    await other({ rooms: { api: { url: `${app.url}/api/` } }, auth: { maxFailuresPerAddress: 1 } });
    app.answer(BOOTSTRAP, { status: 403 });
    await (await connect('/rooms')).untilClosed();
    await connect('/rooms');
  },
  unresponsive: async () => {
    await other({ ping: { interval: '20ms', timeout: '20ms' } });
    await connect('/ws', { autoPong: false });
  },
  replaced: async () => {
    await other({
      auth: { jwt: JWT },
      limits: { connectionsPerIdentity: 1, identityPolicy: 'close_oldest' },
    });
    for (let i = 0; i < 2; i++)
      await (await connect()).ask({ event: 'auth', method: 'jwt', token: rpcToken() });
  },
  tooManyOfIdentity: async () => {
    await other({ auth: { jwt: JWT }, procedures: {}, limits: { connectionsPerIdentity: 1 } });
    await secondComes(() => connect(`/rpc/token/${rpcToken()}`));
  },
  idle: async () => {
    await other({ limits: { idle: '50ms' } });
    await connect();
  },
  tooManyEvents: () => send(...Array.from({ length: 200 }, () => ({ event: 'ping' }))),
};

const TOPICS: Scenarios<typeof TOPIC_ERRORS> = {
  invalidEvent: () => send('x'),
  eventNotFound: () => send({ event: 'x' }),
  methodUnsupported: () => send({ event: 'auth', method: 'x' }),
  authenticationRequired: () => send(subscribe('closed.1')),
  invalidSubscription: () => send(subscribe(1)),
  invalidService: () => send(subscribe('nowhere.1')),
  alreadySubscribed: () => send(subscribe('books.1'), subscribe('books.1')),
  notSubscribed: () => send({ event: 'unsubscribe', subscription: 'books.1' }),
  subscriptionTooLong: () => send(subscribe(`books.${'x'.repeat(50)}`)),
  extraFieldsTooLong: () => send(subscribe('books.1', { note: 'x'.repeat(17_000) })),
  tooManyOfIdentity: async () => {
    await other({ auth: { jwt: JWT }, limits: { connectionsPerIdentity: 1 } });
    await secondComes(() => send({ event: 'auth', method: 'jwt', token: rpcToken() }));
  },
  tooManySubscriptions: () => send(...['1', '2', '3'].map((topic) => subscribe(`books.${topic}`))),
  invalidSubscriptions: () => send({ event: 'subscribe', subscriptions: [] }),
  tooManyTopics: () => send({ event: 'subscribe', subscriptions: ['books.1', 'books.2', 'books.3'] }),
  repeatedSubscription: () => send({ event: 'subscribe', subscriptions: ['books.1', 'books.1'] }),
  idTooLong: () => send({ event: 'subscribe', subscriptions: ['books.1'], id: 'x'.repeat(1_025) }),
  tooMuchKept: () => send(subscribe('books.1', { note: LONG }), subscribe('books.2', { note: LONG })),
  invalidPosition: () => send({ ...subscribe('books.1'), position: 'x'.repeat(65) }),
  idMissing: () => send({ event: 'call', procedure: 'add' }),
  procedureMissing: () => send({ event: 'call', id: 1 }),
};

/** What services refuse, and what becomes of it when they cannot be asked. */
const SERVICES: Record<string, Scenario> = {
  [DEFAULT_REFUSALS.unauthorized.code]: () => {
    app.answer('/authorizer', { body: { status: 'error' } });
    return send(subscribe('books.1'));
  },
  [DEFAULT_REFUSALS.refused.code]: () => {
    app.answer('/before', { body: { status: 'error' } });
    return send(subscribe('books.1'));
  },
  [SERVICE_UNAVAILABLE.code]: () => {
    app.answer('/authorizer', { status: 500 });
    return send(subscribe('books.1'));
  },
  [UNHANDLED_EXCEPTION.code]: CLOSINGS.defect,
  ticket_missing: () => send({ event: 'auth' }),
  authentication_failed: () => send({ event: 'auth', method: 'jwt', token: 'top-secret-token' }),
  protocol_violated: async () => {
    const { webSocket } = await connect();
    (webSocket as unknown as { _socket: Socket })._socket.write(Buffer.of(0xff, 0xff));
  },
};

const ROOMS: Scenarios<typeof ROOM_ERRORS> = {
  notJson: () => enterRoom('x'),
  typeNotAllowed: () => enterRoom({ type: 'x' }),
  noRequestId: () => enterRoom({ type: 'subscribe', room: ROOM }),
  roomNotFound: () => enterRoom(joining({ other: 1 })),
  notSubscribed: () => enterRoom({ type: 'unsubscribe', requestId: 'a' }),
  requestIdTooLong: () => enterRoom(joining(ROOM, 'x'.repeat(1_025))),
  roomTooLong: () => enterRoom(joining({ id: 'x'.repeat(17_000) })),
  tooMuchKept: () => enterRoom(joining({ id: `1${LONG}` }, 'a'), joining({ id: `2${LONG}` }, 'b')),
  tooManySubscriptions: () => enterRoom(joining(ROOM, 'a'), joining(ROOM, 'b'), joining(ROOM, 'c')),
  invalidPosition: () => enterRoom({ ...joining(ROOM), position: 1 }),
  invalidConnectionId: () => enterRoom({ ...joining(ROOM), recover: true, was: [1] }),
  unavailable: async () => {
    const { history } = where.app.get<Broker>(BROKER);
    jest.spyOn(history, 'read').mockRejectedValueOnce(new BrokerError('away'));
    const { epoch, offset } = where.app.get(RoomRelay).log!.top!;
    await enterRoom({ ...joining(ROOM), position: `${epoch}.${offset - 1}` });
  },
};

const call = async (...frames: unknown[]): Promise<void> => {
  const client = await connect(`/rpc/token/${rpcToken()}`);
  for (const frame of frames) client.send(frame);
};

const CALLS: Scenarios<typeof PROCEDURE_ERRORS & typeof RPC_ERRORS> = {
  undefined: () => call(callOf('nowhere', [])),
  argumentsMismatch: () => call(callOf('add', [1])),
  failed: () => call(callOf('fail', [])),
  tooManyCalls: () => call(callOf('hang_alone', [], 1), callOf('hang_alone', [], 2)),
  tooLate: () => call(callOf('hang_briefly', [])),
  cancelled: () => call(callOf('hang', [], 1), { cancel: 1 }),
  duplicateCall: () => call(callOf('hang', [], 1), callOf('hang', [], 1)),
  callNotFound: () => call({ cancel: 1 }),
  tooManyResults: async () => {
    const one = await other({
      procedures: { resultBytes: 1_000_000 },
      limits: { outboxBytes: 1_000 },
      auth: { jwt: JWT },
    });
    one.app.get(Procedures).add(procedureOf('large', () => 'x'.repeat(999_990)));
    const client = await connect(`/rpc/token/${rpcToken()}`);
    client.webSocket.pause();
    for (let i = 0; i < 30; i++) client.send(callOf('large', [], i));
  },
  resultTooLarge: () => call(callOf('big', [])),
  invalidFrame: () => call('x'),
};

/** What is logged of these is about no connection: there is none yet, or the broker is meant. */
const OF_NO_CLIENT = /^(the broker|Redis|the keys at|clients are refused that have a token)|redis/i;

/**
 * Plays a scenario: its kind is a line at `debug`, with all that it must have, and counts. Whatever else is logged about a
 * client names its connection.
 */
async function shows(kind: string, play: Scenario, what = ''): Promise<Record<string, unknown>> {
  const before = await gateway.metric('kittiwake_refusals_total', { kind });
  await play();
  const line = await eventually(
    () =>
      lines.debugged.find(
        ({ text }) => text.startsWith(`refused ${what}`) && text.includes(`: ${kind}, by `),
      ),
    { what: `a line of ${kind}` },
  );
  expect(line.text).toMatch(/^refused .+ of (::ffff:)?127\.0\.0\.1: \w+, by the .+: ./);
  expect(line.text).not.toMatch(/top-secret|\n/);
  const since = where === gateway ? before : 0;
  expect(await where.metric('kittiwake_refusals_total', { kind })).toBeGreaterThan(since);
  return line.fields;
}

/** As {@link shows}, where there is a connection: the line has its id, and so has all else that is logged about a client. */
async function showsOfConnection(kind: string, play: Scenario, what?: string): Promise<void> {
  const fields = await shows(kind, play, what);
  expect(fields['connection']).toMatch(/^[\da-f-]{36}$/);
  const [client] = clients;
  if (client?.hello) expect(fields['connection']).toBe(client.hello['connection_id']);
  for (const line of lines.warned)
    if (!OF_NO_CLIENT.test(String(line)))
      expect(line).toMatchObject({ fields: { connection: fields['connection'] } });
}

describe('whatever is refused is a line at debug and counts', () => {
  it.each([
    ['handshakes', HANDSHAKES, HANDSHAKE_REASONS],
    ['pushes', PUSHES, PUSH_REFUSALS],
    ['connections', CLOSINGS, CLOSE_REASONS],
    ['topics', TOPICS, TOPIC_ERRORS],
    ['rooms', ROOMS, ROOM_ERRORS],
    ['calls', CALLS, { ...PROCEDURE_ERRORS, ...RPC_ERRORS }],
  ])('has a scenario for each way to be refused: %s', (_, scenarios, table) => {
    expect(Object.keys(scenarios).toSorted()).toEqual(Object.keys(table).toSorted());
  });

  it.each(Object.entries(HANDSHAKES))('handshakes: %s', async (name, play) => {
    await shows(HANDSHAKE_REASONS[name as keyof typeof HANDSHAKE_REASONS].kind, play);
  });

  it.each(Object.entries(PUSHES))('pushes: %s', async (status, play) => {
    await shows(PUSH_REFUSALS[Number(status)]!, play);
  });

  it.each(Object.entries(CLOSINGS))('closed connections: %s', async (name, play) => {
    await showsOfConnection(CLOSE_REASONS[name as keyof typeof CLOSE_REASONS].name, play, 'the connection');
  });

  it.each(Object.entries(TOPICS))('errors of topics: %s', async (name, play) => {
    await showsOfConnection(TOPIC_ERRORS[name as keyof typeof TOPIC_ERRORS]().code, play);
  });

  it.each(Object.entries(SERVICES))('errors of services: %s', async (code, play) => {
    await showsOfConnection(code, play);
  });

  it.each(Object.entries(ROOMS))('errors of rooms: %s', async (name, play) => {
    await showsOfConnection(ROOM_ERRORS[name as keyof typeof ROOM_ERRORS]().code, play);
  });

  it.each(Object.entries(CALLS))('errors of calls: %s', async (name, play) => {
    const make = { ...PROCEDURE_ERRORS, ...RPC_ERRORS }[name as keyof typeof CALLS];
    await showsOfConnection(make('name', 'detail').code, play);
  });
});

describe('a refusal', () => {
  const last = (): string => lines.debugged.at(-1)!.text;

  it('says which origins are configured', async () => {
    await HANDSHAKES.originNotAllowed();
    expect(last()).toContain(`its origin is https://evil.example, and origins is ${ORIGIN}`);
  });

  it('says what was wrong with an answer of the app that has no status', async () => {
    app.answer('/authorizer', { body: { ok: true } });
    await (await connect()).ask({ event: 'subscribe', subscription: 'books.1' });
    expect(last()).toContain('by the app (authorizer of books): its answer has no status, but ok');
  });

  it('of a ticket has neither the ticket nor the words of the app', async () => {
    app.answer('/ticket', { body: { status: 'error', error: 'top-secret-ticket is unknown' } });
    const client = await connect();
    expect(await client.ask({ event: 'auth', ticket: 'top-secret-ticket' })).toMatchObject({
      code: 'authentication_failed',
    });
    expect(last()).toContain(
      'authentication_failed, by the app (auth.ticket): the status of its answer is "error"',
    );
    expect(lines.debugged.map(({ text }) => text).join()).not.toContain('top-secret');
  });
});
