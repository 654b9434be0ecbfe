import { Redis } from 'ioredis';
import { RevocationError } from '../src/clients/revocation/revocation-store.js';
import { Kittiwake } from '../src/kittiwake.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { ControlStage, post, tokenOf } from './support/client-control.js';
import { TestClient } from './support/client.js';
import type { TestGateway } from './support/gateway.js';
import { RedisServer } from './support/redis-server.js';
import { TcpProxy } from './support/tcp-proxy.js';
import { eventually } from './support/wait.js';

const BOTH = { complete: true, nodes: { asked: 2, answered: 2 } };
const REVOKED = { code: 4401, reason: 'The token was revoked.' };
const REFUSED = { event: 'auth', status: 'error', error: 'Authentication failed.' };
const KEY = '{kw}:revoked';

const stopped = stoppedAfterEach();
const stage = new ControlStage();
let redis: RedisServer;
let operator: Redis;
let left: TestGateway;
let right: TestGateway;
let tokens = 0;

beforeAll(async () => {
  redis = await RedisServer.start();
  operator = new Redis(redis.port);
  await stage.start(2, { broker: { kind: 'redis', redis: { url: redis.url } }, ledger: { kind: 'none' } });
  [left, right] = stage.gateways as [TestGateway, TestGateway];
});
afterAll(async () => {
  operator.disconnect();
  await stage.stop();
  await redis.stop();
});

/** An identity, and a token id, that no other test has. */
const fresh = (): string => `u${++tokens}`;
const secondsAgo = (seconds: number): number => Math.floor(Date.now() / 1000) - seconds;

async function client(gateway: TestGateway, token: string, topics?: string[]): Promise<TestClient> {
  const one = await stage.client(gateway, token, topics);
  stopped({ stop: () => one.drop() });
  return one;
}

/** The reply to an authentication. */
async function authenticate(
  gateway: TestGateway,
  token: string,
  protocols = ['kittiwake.v1.json'],
): Promise<unknown> {
  const one = await TestClient.connect(gateway.url, protocols);
  stopped({ stop: () => one.drop() });
  return one.ask({ event: 'auth', method: 'jwt', token });
}

describe('POST /revoke', () => {
  it('revokes a token on all nodes: its clients go, and nobody comes in with it', async () => {
    const [id, user] = [fresh(), fresh()];
    const token = tokenOf(user, { jti: id });
    const gone = [await client(left, token), await client(right, token), await stage.caller(right, token)];
    const other = await client(right, tokenOf(user, { jti: fresh() }));
    const [status, body] = await post(left, '/revoke', { token_id: id, ttl: 60 });
    expect([status, body]).toEqual([
      200,
      { status: 'ok', disconnected: 3, ...BOTH, until: expect.stringMatching(/^\d{4}-.*Z$/) },
    ]);
    expect(Math.round((Date.parse(body.until as string) - Date.now()) / 1000)).toBe(60);
    for (const one of gone) expect(await one.untilClosed()).toEqual(REVOKED);
    for (const gateway of [left, right]) {
      expect(await authenticate(gateway, token)).toEqual({ ...REFUSED, code: 'authentication_failed' });
      expect(await authenticate(gateway, token, [])).toEqual(REFUSED);
      await expect(stage.caller(gateway, token)).rejects.toThrow('401');
      const call = await fetch(`${gateway.httpUrl}/rpc/ping`, {
        headers: { Authorization: `Bearer ${token}` },
      });
      expect(call.status).toBe(401);
    }
    await other.untilSent();
    expect(other.closed).toBeUndefined();
  });

  it('revokes what an identity has, but not what it gets afterwards', async () => {
    const user = fresh();
    const old = tokenOf(user, { iat: secondsAgo(60) });
    const gone = await client(right, old);
    expect((await post(left, '/revoke', { identity: user }))[1]).toMatchObject({ disconnected: 1, ...BOTH });
    expect(await gone.untilClosed()).toEqual(REVOKED);
    expect(await authenticate(right, old)).toMatchObject(REFUSED);
    // Nobody knows when it was issued.
    expect(await authenticate(right, tokenOf(user))).toMatchObject(REFUSED);
    expect(await authenticate(right, tokenOf(user, { iat: secondsAgo(-3) }))).toHaveProperty('status', 'ok');
    expect(await authenticate(right, tokenOf(fresh(), { iat: secondsAgo(60) }))).toHaveProperty(
      'status',
      'ok',
    );
  });

  it('spares what was issued after a time', async () => {
    const user = fresh();
    const [old, young] = [40, 20].map((age) => tokenOf(user, { iat: secondsAgo(age) })) as [string, string];
    const [gone, stays] = [await client(right, old), await client(right, young)];
    const revoking = { identity: user, issued_until: secondsAgo(30) };
    expect((await post(left, '/revoke', revoking))[1]).toHaveProperty('disconnected', 1);
    expect(await gone.untilClosed()).toEqual(REVOKED);
    expect(await stays.ask({ event: 'auth', method: 'jwt', token: young })).toHaveProperty('status', 'ok');
    expect(await stays.ask({ event: 'auth', method: 'jwt', token: old })).toMatchObject(REFUSED);
  });

  it('forgets when the time is over', async () => {
    const [id, other] = [fresh(), fresh()];
    const token = tokenOf(fresh(), { jti: id });
    const longer = tokenOf(fresh(), { jti: other });
    const gone = await client(right, token);
    await post(left, '/revoke', { token_id: other, ttl: 60 });
    expect((await post(left, '/revoke', { token_id: id, ttl: 0.2 }))[1]).toHaveProperty('disconnected', 1);
    expect(await gone.untilClosed()).toEqual(REVOKED);
    await eventually(async () => ((await authenticate(right, token)) as { status: string }).status === 'ok');
    expect(await authenticate(right, longer)).toMatchObject(REFUSED);
  });

  it('reaches nodes that begin afterwards', async () => {
    const id = fresh();
    await post(left, '/revoke', { token_id: id });
    const late = await stage.add({ broker: { kind: 'redis', redis: { url: redis.url } } });
    try {
      expect(await authenticate(late, tokenOf(fresh(), { jti: id }))).toMatchObject(REFUSED);
      expect(await authenticate(late, tokenOf(fresh(), { jti: fresh() }))).toHaveProperty('status', 'ok');
    } finally {
      await late.stop();
      stage.gateways.pop();
    }
  });

  it.each([
    ['nothing', {}, 'say which clients'],
    ['both', { identity: 'a', token_id: 'b' }, 'either identity or token_id'],
    ['a topic', { identity: 'a', topic: 'books.1' }, 'either identity or token_id'],
    [
      'a time that is none',
      { identity: 'a', issued_until: 'now' },
      'issued_until must be a number of seconds',
    ],
    ['a time for a token', { token_id: 'a', issued_until: 1 }, 'issued_until is for identities'],
    ['no time to live', { token_id: 'a', ttl: 0 }, 'ttl must be a number of seconds above 0'],
    ['too long a life', { token_id: 'a', ttl: 1e9 }, 'up to 315360000'],
    ['too long an id', { token_id: 'a'.repeat(1_025) }, 'must not exceed 1024 characters'],
  ])('refuses %s', async (_, body, error) => {
    const [status, told] = await post(left, '/revoke', body);
    expect([status, told.error]).toEqual([400, expect.stringContaining(error)]);
  });

  it('takes no more than are remembered, nor what Redis will not keep', async () => {
    const before = await operator.zcard(KEY);
    const small = await stage.add({
      broker: { kind: 'redis', redis: { url: redis.url } },
      auth: { jwt: { algorithms: ['HS256'], secret: 'x'.repeat(32) }, maxRevocations: before },
    });
    stage.gateways.pop();
    stopped(small);
    const [status, body] = await post(small, '/revoke', { token_id: fresh() });
    expect([status, body.error]).toEqual([503, `there are ${before} revocations (auth.maxRevocations)`]);
    await operator.acl('SETUSER', 'narrow', 'reset', 'on', '>secret', '&*', '+@all', '-zadd', '-zscan', '~*');
    const url = `redis://narrow:secret@127.0.0.1:${redis.port}`;
    const narrow = await stage.add({ broker: { kind: 'redis', redis: { url } } });
    stage.gateways.pop();
    stopped(narrow);
    expect(await authenticate(narrow, tokenOf('ann'))).toHaveProperty('status', 'ok');
    const [refused, why] = await post(narrow, '/revoke', { token_id: fresh() });
    expect([refused, why.error]).toEqual([
      503,
      expect.stringContaining('revocations cannot be kept in Redis: NOPERM'),
    ]);
    await expect(narrow.app.get(Kittiwake, { strict: false }).revoke({ tokenId: fresh() })).rejects.toThrow(
      RevocationError,
    );
  });

  it('works in process', async () => {
    const user = fresh();
    const gone = await client(right, tokenOf(user, { iat: secondsAgo(40) }));
    const kittiwake = left.app.get(Kittiwake, { strict: false });
    const spared = await kittiwake.revoke({ identity: user }, { issuedUntil: new Date(1_000), ttlMs: 500 });
    expect(spared).toMatchObject({ count: 0, isComplete: true });
    const { count, until } = await kittiwake.revoke({ identity: user }, { ttlMs: 60_000 });
    expect([count, Math.round((until.getTime() - Date.now()) / 1000)]).toEqual([1, 60]);
    expect(await gone.untilClosed()).toEqual(REVOKED);
  });
});

describe('a node that was cut off from the others', () => {
  const KEPT = {
    services: { books: { history: { size: 10 } } },
    ledger: { kind: 'none' },
  } as const;

  it('lets nobody in until it knows again what is revoked, and then closes who has to go', async () => {
    const proxy = stopped(await TcpProxy.start(redis.port));
    const url = `redis://127.0.0.1:${proxy.port}`;
    const far = await stage.add({ ...KEPT, broker: { kind: 'redis', redis: { url } } });
    stage.gateways.pop();
    stopped(far);
    const [id, user] = [fresh(), fresh()];
    const token = tokenOf(user, { jti: id });
    // With a history it stays while Redis is lost.
    const [gone, stays] = [
      await client(far, token, ['books.1']),
      await client(far, tokenOf(user), ['books.1']),
    ];
    proxy.turnTo(1); // nobody is there
    await eventually(() => far.metric('kittiwake_broker_up').then((up) => up === 0));
    expect(await stays.ask({ event: 'auth', method: 'jwt', token: tokenOf(user) })).toMatchObject({
      code: 'service_unavailable',
    });
    const revoked = post(left, '/revoke', { token_id: id });
    expect((await revoked)[1]).toMatchObject({ complete: false, nodes: { asked: 3, answered: 2 } });
    expect(gone.closed).toBeUndefined();
    proxy.turnTo(redis.port);
    expect(await gone.untilClosed()).toEqual(REVOKED);
    const back = await eventually(async () => {
      const reply = await stays.ask({ event: 'auth', method: 'jwt', token: tokenOf(user) });
      return reply.status === 'ok' && reply;
    });
    expect(back).toHaveProperty('status', 'ok');
    expect(await authenticate(far, token)).toMatchObject(REFUSED);
  });

  it('keeps again what Redis has lost', async () => {
    const id = fresh();
    await post(left, '/revoke', { token_id: id });
    operator.disconnect();
    await redis.restart();
    operator = new Redis(redis.port);
    await eventually(async () =>
      (await operator.zrange(KEY, 0, '-1')).some((text) => text.includes(`"${id}"`)),
    );
    await eventually(() => fetch(`${right.httpUrl}/health/ready`).then(({ ok }) => ok));
    expect(await authenticate(right, tokenOf(fresh(), { jti: id }))).toMatchObject(REFUSED);
  });
});
