import { Logger, type LoggerService } from '@nestjs/common';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { Connections } from '../src/connection/connections.js';
import type { Connection } from '../src/connection/connection.js';
import { PUSH_REFUSALS } from '../src/http/push-refusals.js';
import { PROCEDURE_ERRORS } from '../src/procedures/procedure-errors.js';
import { CLOSE_REASONS } from '../src/protocol/close-reason.js';
import { ClientError } from '../src/protocol/errors.js';
import { HANDSHAKE_REASONS } from '../src/protocol/handshake-refusals.js';
import { ROOM_ERRORS } from '../src/rooms/room-errors.js';
import { RoomReply } from '../src/rooms/room-reply.js';
import type { RoomSession } from '../src/rooms/room-session.js';
import { RPC_ERRORS } from '../src/rpc/rpc-errors.js';
import { RpcReply } from '../src/rpc/rpc-reply.js';
import { Reply } from '../src/topics/reply.js';
import {
  DEFAULT_REFUSALS,
  SERVICE_UNAVAILABLE,
  TOPIC_ERRORS,
  UNHANDLED_EXCEPTION,
} from '../src/topics/topic-errors.js';
import { TestClient } from './support/client.js';
import { API_KEY, TestGateway } from './support/gateway.js';
import { StubApp } from './support/stub-app.js';
import { rpcToken, SECRET } from './support/rpc.js';
import { eventually } from './support/wait.js';

const ORIGIN = 'https://app.example.com';

/** Nest's log, of which lines at `debug` and `info` are kept. */
class Lines implements LoggerService {
  readonly debugged: { text: string; fields: Record<string, unknown> }[] = [];
  readonly told: string[] = [];

  debug(message: unknown): void {
    const fields = JSON.parse(JSON.stringify(message)) as Record<string, unknown>;
    this.debugged.push({ text: String(message), fields });
  }

  log(message: unknown): void {
    this.told.push(String(message));
  }

  warn(): void {}
  error(): void {}
}

let app: StubApp;
let gateway: TestGateway;
let lines: Lines;
let clients: TestClient[] = [];

beforeAll(async () => {
  app = await StubApp.start();
  gateway = await TestGateway.start({
    origins: [ORIGIN],
    callbacks: { tries: 1 },
    limits: { connections: 8, connectionsPerAddress: 4, frameBytes: 2_000, eventsPerSecond: 1_000 },
    publish: { maxPerSecond: 1, maxBodyBytes: 1_000 },
    auth: {
      ticket: { url: `${app.url}/ticket`, fields: ['user_id'] },
      jwt: { algorithms: ['HS256'], secret: SECRET, fields: { user_id: 'user_id' } },
    },
    procedures: {},
    services: { books: { requireAuthentication: false, authorizer: `${app.url}/authorizer` } },
  });
});
beforeEach(() => {
  clients = [];
  lines = new Lines();
  Logger.overrideLogger(lines);
});
afterEach(async () => {
  for (const client of clients) client.drop();
  await eventually(async () => (await gateway.metric('kittiwake_connections')) === 0);
});
afterAll(async () => {
  await gateway.stop();
  await app.stop();
});

async function connect(protocols: string[] = ['kittiwake.v1.json']): Promise<TestClient> {
  const client = await TestClient.connect(gateway.url, protocols);
  clients.push(client);
  return client;
}

function connections(): Connections {
  return gateway.app.get(Connections, { strict: false });
}

/** The connection of the only client. */
async function connectionOf(): Promise<Connection> {
  await connect();
  return [...connections()['open']].at(-1)!;
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

const rpcUrl = (token = ''): string => `ws://127.0.0.1:${gateway.port}/rpc${token}`;
const push = (body: string, key = API_KEY): Promise<Response> =>
  gateway.publish(body, { Authorization: `Bearer ${key}` });
const PUBLICATION = JSON.stringify({ subscription: 'books.1', data: 1 });

const full = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await connect();
  await TestClient.refusal(gateway.url);
};

const HANDSHAKES: Partial<Record<keyof typeof HANDSHAKE_REASONS, Scenario>> = {
  originNotAllowed: () => TestClient.refusal(gateway.url, { headers: { Origin: 'https://evil.example' } }),
  pathNotFound: () => TestClient.refusal(`ws://127.0.0.1:${gateway.port}/nowhere`),
  notAWebSocket: () => upgrade('/ws', { 'Sec-WebSocket-Key': 'short' }),
  versionNotSpoken: () => upgrade(`/rpc/token/${rpcToken()}`, { 'Sec-WebSocket-Version': '7' }),
  methodNotAllowed: () => fetch(rpcUrl().replace('ws:', 'http:'), { method: 'DELETE' }),
  tokenMissing: () => TestClient.refusal(rpcUrl()),
  tokenRefused: () => TestClient.refusal(rpcUrl('/token/top-secret-token')),
  tooManyOfAddress: () => full(4),
  notAccepting: async () => {
    connections().refuseAll();
    await TestClient.refusal(gateway.url);
    connections().acceptAll();
  },
};

/** What takes another gateway, a flood or a fault to come about, and stands in the same table and way as the others. */
const NOT_PLAYED: readonly (keyof typeof HANDSHAKE_REASONS)[] = [
  'badTarget',
  'keyMissing',
  'keysUnavailable',
  'tooManyConnections',
  'tooManyWaiting',
  'tooLate',
  'defect',
];

const PUSHES: Record<string, Scenario> = {
  400: () => push('nonsense'),
  401: () => push(PUBLICATION, 'top-secret-key'),
  413: () => push(`"${'x'.repeat(1_001)}"`),
  429: () => eventually(async () => (await push(PUBLICATION)).status === 429),
};

/** What the broker has to be away for. */
const PUSHES_NOT_PLAYED = ['503'];

/** Errors, by the table that they are in; each is told to a client that is there. */
const REPLIES: readonly (readonly [
  string,
  ClientError,
  (connection: Connection, error: ClientError) => void,
])[] = [
  ...Object.values(ROOM_ERRORS).map(
    (make) =>
      [
        'of rooms',
        make(),
        (connection: Connection, error: ClientError) =>
          new RoomReply({ connection } as RoomSession).error(error),
      ] as const,
  ),
  ...Object.values(TOPIC_ERRORS).map(
    (make) =>
      ['of topics', make(), (to: Connection, error: ClientError) => new Reply(to, {}).error(error)] as const,
  ),
  ...[...Object.values(DEFAULT_REFUSALS), SERVICE_UNAVAILABLE, UNHANDLED_EXCEPTION].map(
    ({ code, text }) =>
      [
        'of services',
        new ClientError(code, text),
        (to: Connection, error: ClientError) => new Reply(to, {}).ended(error, undefined),
      ] as const,
  ),
  ...[...Object.values(PROCEDURE_ERRORS), ...Object.values(RPC_ERRORS)].map(
    (make) =>
      [
        'of calls',
        make('name', 'detail'),
        (to: Connection, error: ClientError) => new RpcReply(to, '1' as never).failed(error),
      ] as const,
  ),
];

/** Plays a scenario: its kind is a line at `debug`, with all that it must have, and counts. */
async function shows(kind: string, play: Scenario): Promise<Record<string, unknown>> {
  const before = await gateway.metric('kittiwake_refusals_total', { kind });
  await play();
  const line = await eventually(() => lines.debugged.find(({ text }) => text.includes(`: ${kind}, by `)), {
    what: `a line of ${kind}`,
  });
  expect(line.text).toMatch(/^refused .+ of (::ffff:)?127\.0\.0\.1: \w+, by the .+: ./);
  expect(line.text).not.toMatch(/top-secret|\n/);
  expect(await gateway.metric('kittiwake_refusals_total', { kind })).toBeGreaterThan(before);
  return line.fields;
}

describe('whatever is refused is a line at debug and counts', () => {
  it('has a scenario for each way to be refused', () => {
    expect([...Object.keys(HANDSHAKES), ...NOT_PLAYED].toSorted()).toEqual(
      Object.keys(HANDSHAKE_REASONS).toSorted(),
    );
    expect([...Object.keys(PUSHES), ...PUSHES_NOT_PLAYED].toSorted()).toEqual(
      Object.keys(PUSH_REFUSALS).toSorted(),
    );
  });

  it.each(Object.entries(HANDSHAKES))('handshakes: %s', async (name, play) => {
    await shows(HANDSHAKE_REASONS[name as keyof typeof HANDSHAKE_REASONS].kind, play);
  });

  it.each(Object.entries(PUSHES))('pushes: %s', async (status, play) => {
    await shows(PUSH_REFUSALS[Number(status)]!, play);
  });

  it.each(Object.values(CLOSE_REASONS).filter(({ name }) => !/^(forbidden|app_unavailable)$/.test(name)))(
    'closed connections: $name',
    async (reason) => {
      const fields = await shows(reason.name, async () => (await connectionOf()).close(reason));
      expect(fields['connection']).toBe((await clients[0]!.greeting())['connection_id']);
    },
  );

  it.each(REPLIES.map(([where, error, tell]) => [where, error.code, error, tell] as const))(
    'errors %s: %s',
    async (_, code, error, tell) => {
      const fields = await shows(code, async () => tell(await connectionOf(), error));
      expect(fields['connection']).toBe((await clients[0]!.greeting())['connection_id']);
    },
  );
});

describe('a refusal', () => {
  const last = (): string => lines.debugged.at(-1)!.text;

  it('says which origins are configured', async () => {
    await HANDSHAKES.originNotAllowed!();
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
