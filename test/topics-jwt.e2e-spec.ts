import { KITTIWAKE_V1 } from '../src/protocol/sub-protocol.js';
import { signToken } from './support/tokens.js';
import type { TestClient } from './support/client.js';
import { stageOfFile, stageOfTest } from './support/topics.js';
import { deferred, eventually } from './support/wait.js';

const SECRET = 'a-secret-of-thirty-two-characters';
const OK = { event: 'auth', status: 'ok' };
const REFUSED = { event: 'auth', status: 'error', error: 'Authentication failed.' };

const stage = stageOfFile((app) => ({
  auth: {
    ticket: { url: `${app}/ticket` },
    jwt: {
      algorithms: ['HS256'],
      secret: SECRET,
      issuer: 'issuer',
      requireExpiry: false,
      clockTolerance: '100ms',
      fields: { user_id: 'sub', plan: 'https://example.com/plan' },
    },
  },
  services: {
    books: {
      filterFields: ['user_id'],
      onMessage: `${app}/message`,
      onUnsubscribe: `${app}/on-end`,
    },
  },
}));

const inSeconds = (seconds: number): number => Date.now() / 1000 + seconds;

/** A token with these claims besides those that every token has to have. */
function token(claims: object = {}, { key = SECRET, algorithm = 'HS256', header = {} } = {}): string {
  const all = { iss: 'issuer', sub: 'u', 'https://example.com/plan': null, exp: inSeconds(60), ...claims };
  return signToken({ algorithm, key, claims: all, header });
}

const authenticate = (client: TestClient, text: unknown): Promise<Record<string, unknown>> =>
  client.ask({ event: 'auth', method: 'jwt', token: text });

describe('a JSON Web Token', () => {
  it('gives the identity the fields of its claims', async () => {
    const client = await stage.connect();
    const payload = `{"iss":"issuer","sub":12345678901234567890,"https://example.com/plan":{"b":1.0,"a":[]},"x":1}`;
    expect(
      await authenticate(client, signToken({ algorithm: 'HS256', key: SECRET, claims: payload })),
    ).toEqual(OK);
    await stage.subscriber('books.1', {}, client);
    client.send({ event: 'message', subscription: 'books.1', data: 1 });
    const [asked] = await stage.app.requests('/message');
    expect(asked?.text).toBe(
      '{"subscription":"books.1","user_id":12345678901234567890,"plan":{"b":1.0,"a":[]},"data":1}',
    );
    await stage.publishText('{"subscription":"books.1","data":"mine","user_id":12345678901234567890}');
    await stage.publishText('{"subscription":"books.1","data":"other","user_id":12345678901234567891}');
    expect(await client.settled()).toMatchObject([{ data: 'mine' }]);
    expect(stage.app.paths).toEqual(['/message']);
  });

  it.each([
    ['has ended', () => token({ exp: inSeconds(-60) })],
    ['has not begun', () => token({ nbf: inSeconds(60) })],
    ['is from another issuer', () => token({ iss: 'other' })],
    ['lacks a claim', () => token({ 'https://example.com/plan': undefined })],
    ['is signed with another key', () => token({}, { key: 'another-secret-of-32-characters!!' })],
    ['is signed with another algorithm', () => token({}, { algorithm: 'HS512' })],
    ['says that it is not signed', () => token({}, { header: { alg: 'none' } })],
    ['is cut', () => token().slice(0, -1)],
    ['is changed', () => token().replace('.', '.e30')],
    ['is text', () => 'token'],
    ['is a number', () => 5],
    ['is a list', () => [token()]],
  ])('that %s is refused, and the session goes on', async (_, make) => {
    const client = await stage.connect();
    expect(await authenticate(client, make())).toEqual(REFUSED);
    expect(await client.ask({ event: 'subscribe', subscription: 'books.1' })).toMatchObject({
      error: 'Authentication required.',
    });
  });

  it.each([undefined, null, '', 0, false, [], {}])('that is %j is missing', async (none) => {
    const client = await stage.connect();
    expect(await authenticate(client, none)).toEqual({ ...REFUSED, error: 'Must specify token.' });
  });

  it('is no ticket', async () => {
    const client = await stage.connect();
    stage.app.answer('/ticket', { body: { status: 'error' } });
    expect(await client.ask({ event: 'auth', token: token() })).toMatchObject({
      error: 'Must specify ticket.',
    });
    expect(await client.ask({ event: 'auth', method: 'jwt', ticket: 'T' })).toMatchObject({
      error: 'Must specify token.',
    });
    expect(await client.ask({ event: 'auth', ticket: token() })).toEqual(REFUSED);
  });

  it('that is refused leaves the identity as it was', async () => {
    const client = await stage.connect();
    expect(await authenticate(client, token({ sub: 'first' }))).toEqual(OK);
    expect(await authenticate(client, token({ sub: 'second', iss: 'other' }))).toEqual(REFUSED);
    await stage.subscriber('books.1', {}, client);
    await stage.publish('books.1', 'mine', { user_id: 'first' });
    expect(await client.settled()).toHaveLength(1);
  });
});

describe('a session by a token', () => {
  it.each([[[]], [['kittiwake.v1.json']]])(
    'is closed with 4401 when the token ends and clocks agree on that (%j)',
    async (protocols) => {
      const client = await stage.connect(...protocols);
      const endsAt = inSeconds(0.4);
      const expiry = protocols.length > 0 && { expires_in: 0 };
      expect(await authenticate(client, token({ exp: endsAt }))).toEqual({ ...OK, ...expiry });
      await stage.subscriber('books.1', {}, client);
      expect(await client.settled()).toEqual([]);
      expect(await client.untilClosed()).toEqual({ code: 4401, reason: 'The token has expired.' });
      expect(Date.now() / 1000).toBeGreaterThanOrEqual(endsAt + 0.098);
      const [asked] = await stage.app.requests('/on-end');
      expect(asked?.body).toMatchObject({ subscription: 'books.1', user_id: 'u' });
    },
  );

  it('lasts as long as the reply says to clients of kittiwake.v1.json', async () => {
    const client = await stage.connect('kittiwake.v1.json');
    const { expires_in: seconds } = await authenticate(client, token({ exp: inSeconds(3600) }));
    expect(seconds).toBeGreaterThan(3500);
    expect(seconds).toBeLessThanOrEqual(3600);
    expect(await authenticate(client, token({ exp: undefined }))).toEqual(OK);
    expect(await authenticate(await stage.connect(), token())).toEqual(OK);
  });

  it('goes on with a new token, as whom it names', async () => {
    const [client, clock] = [await stage.connect(), await stage.connect()];
    for (const one of [client, clock]) await authenticate(one, token({ exp: inSeconds(0.4) }));
    await stage.subscriber('books.1', {}, client);
    expect(await authenticate(client, token({ sub: 'renewed' }))).toEqual(OK);
    await clock.untilClosed();
    await stage.publish('books.1', 'mine', { user_id: 'renewed' });
    expect(await client.settled()).toMatchObject([{ data: 'mine' }]);
    expect(client.closed).toBeUndefined();
  });

  it.each([
    ['a token that does not end', { event: 'auth', method: 'jwt', token: token({ exp: undefined }) }],
    ['a ticket', { event: 'auth', ticket: 'T' }],
  ])('goes on with %s', async (_, event) => {
    const [client, clock] = [await stage.connect(), await stage.connect()];
    for (const one of [client, clock]) await authenticate(one, token({ exp: inSeconds(0.4) }));
    stage.app.answer('/ticket', { body: { status: 'ok', user_id: 'u' } });
    expect(await client.ask(event)).toEqual(OK);
    await clock.untilClosed();
    expect(await client.settled()).toEqual([]);
  });

  it('ends earlier when its new token does', async () => {
    const client = await stage.connect();
    await authenticate(client, token());
    await authenticate(client, token({ exp: inSeconds(0.2) }));
    expect((await client.untilClosed()).code).toBe(4401);
  });

  it('is not prolonged by a token that is refused', async () => {
    const client = await stage.connect();
    await authenticate(client, token({ exp: inSeconds(0.4) }));
    expect(await authenticate(client, token({ iss: 'other' }))).toEqual(REFUSED);
    expect((await client.untilClosed()).code).toBe(4401);
  });
});

describe('a gateway for tokens alone', () => {
  const alone = stageOfFile(() => ({
    auth: { jwt: { algorithms: ['HS256'], secret: SECRET } },
    services: { books: {} },
  }));

  it('takes no tickets, which are the default method', async () => {
    const client = await alone.connect();
    const unsupported = { ...REFUSED, error: 'Authentication method unsupported.' };
    expect(await client.ask({ event: 'auth', token: token() })).toEqual(unsupported);
    expect(await client.ask({ event: 'auth', method: 'JWT', token: token() })).toEqual(unsupported);
    expect(await authenticate(client, token())).toEqual(OK);
  });
});

// A burst of forged tokens kept everybody else waiting until all of them had been looked at.
describe('a burst of dear events of one client', () => {
  const unlimited = stageOfTest((app) => ({
    auth: {
      ticket: { url: `${app}/ticket`, fields: ['user_id'] },
      jwt: { algorithms: ['HS512'], secret: SECRET.repeat(2), fields: { user_id: 'sub' } },
      maxFailures: 0,
      maxFailuresPerAddress: 0,
    },
  }));

  it('lets another client be served before it is done', async () => {
    const [greedy, other] = [await unlimited.connect(KITTIWAKE_V1), await unlimited.connect()];
    const forged = signToken({ algorithm: 'HS512', key: 'x'.repeat(64), claims: { exp: 9e9 } });
    const answered = deferred();
    unlimited.app.answer('/ticket', { after: answered.promise, body: { status: 'ok', user_id: 1 } });
    greedy.send({ event: 'auth', ticket: 'T' });
    const count = 3_000;
    for (let i = 0; i < count; i++) greedy.send({ event: 'auth', method: 'jwt', token: forged });
    expect(await greedy.ask({ event: 'ping' })).toMatchObject({ event: 'pong' }); // by now all have come
    answered.resolve();
    await eventually(() => greedy.frames.length > 0);
    expect(await other.ask({ event: 'ping' })).toEqual({ event: 'pong', data: null });
    expect(greedy.frames.length).toBeLessThan(count);
    await eventually(() => greedy.frames.length > count, { timeoutMs: 15_000 });
  });
});
