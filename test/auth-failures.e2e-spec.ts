import { TestClient } from './support/client.js';
import { TestGateway } from './support/gateway.js';
import { handshake } from './support/handshake.js';
import { rpcToken, SECRET } from './support/rpc.js';
import { StubApp } from './support/stub-app.js';

const V1 = 'kittiwake.v1.json';
const MAX = 3;
const BOOTSTRAP = '/api/bootstrap/';
const REFUSED = { body: { status: 'error' } };
const ACCEPTED = { body: { status: 'ok', user_id: 1 } };
const FAILED = { status: 'error', error: 'Authentication failed.' };

let app: StubApp;
let gateway: TestGateway;
let clients: TestClient[] = [];
let addresses = 0;

beforeAll(async () => {
  app = await StubApp.start();
  gateway = await TestGateway.start({
    server: { trustProxy: true },
    auth: {
      maxFailuresPerAddress: MAX,
      ticket: { url: `${app.url}/ticket`, fields: ['user_id'] },
      jwt: { algorithms: ['HS256'], secret: SECRET, fields: { user_id: 'user_id' } },
    },
    rooms: { api: { url: `${app.url}/api/` } },
    procedures: {},
  });
});
afterEach(() => {
  for (const client of clients.splice(0)) client.drop();
  app.forget();
});
afterAll(async () => {
  await gateway.stop();
  await app.stop();
});

/** An address that nobody has had before. */
function someAddress(): string {
  return `192.0.2.${++addresses}`;
}

async function connect(address: string, path = '/ws', protocols = [V1]): Promise<TestClient> {
  const url = `${gateway.url.replace('/ws', '')}${path}`;
  const client = await TestClient.connect(url, protocols, { headers: { 'X-Forwarded-For': address } });
  clients.push(client);
  return client;
}

/** Uses up what an address has, by one client each. */
async function failAt(addressOf: (count: number) => string): Promise<void> {
  app.answer('/ticket', ...Array.from({ length: MAX }, () => REFUSED));
  for (let count = 0; count < MAX; count++) {
    const client = await connect(addressOf(count));
    expect(await client.ask({ event: 'auth', ticket: 'T' })).toMatchObject(FAILED);
  }
}

// Limited per connection alone, a stranger with many connections had forged proofs looked at without end.
describe('an address at which too many were refused', () => {
  it.each([
    ['v1', [V1], { code: 4429, reason: 'Too many failed authentications.' }],
    ['the original', [], { code: 4401, reason: 'Too many failed authentications.' }],
  ])('has no more tickets looked at, and closes clients of %s', async (_, protocols, closed) => {
    const address = someAddress();
    await failAt(() => address);
    const before = await gateway.metric('kittiwake_refusals_total', { kind: 'too_many_failures' });
    const client = await connect(address, '/ws', protocols);
    const told = {
      event: 'auth',
      ...FAILED,
      ...(protocols.length > 0 && { code: 'too_many_failures', retry_after: expect.any(Number) as number }),
    };
    expect(await client.ask({ event: 'auth', ticket: 'T' })).toEqual(told);
    expect(await client.untilClosed()).toEqual(closed);
    expect(app.paths).toHaveLength(MAX);
    expect(await gateway.metric('kittiwake_refusals_total', { kind: 'too_many_failures' })).toBe(before + 1);
  });

  it('is one with those of its IPv6 network, and no other', async () => {
    await failAt((count) => `2001:db8:1:2::${count}`);
    app.answer('/ticket', REFUSED, ACCEPTED);
    const others = await connect('2001:db8:1:3::1');
    expect(await others.ask({ event: 'auth', ticket: 'T' })).toMatchObject({ code: 'authentication_failed' });
    const same = await connect('2001:db8:1:2::99');
    expect(await same.ask({ event: 'auth', ticket: 'T' })).toMatchObject({ code: 'too_many_failures' });
  });

  it('lets those go on who have authenticated before', async () => {
    const address = someAddress();
    app.answer('/ticket', ACCEPTED);
    const known = await connect(address);
    expect(await known.ask({ event: 'auth', ticket: 'T' })).toMatchObject({ status: 'ok' });
    await failAt(() => address);
    app.answer('/ticket', ACCEPTED);
    expect(await known.ask({ event: 'auth', ticket: 'T' })).toMatchObject({ status: 'ok' });
  });

  it.each([
    ['v1', [V1], { code: 4429, reason: 'Too many failed authentications.' }],
    ['the original', [], { code: 1000, reason: '' }],
  ])('has the app asked of no more clients of rooms, of %s', async (_, protocols, closed) => {
    const address = someAddress();
    app.answer(BOOTSTRAP, ...Array.from({ length: MAX }, () => ({ status: 403 })));
    for (let count = 0; count < MAX; count++)
      expect(await (await connect(address, '/rooms')).untilClosed()).toMatchObject({ code: 4403 });
    const client = await connect(address, '/rooms', protocols);
    expect(await client.untilClosed()).toEqual(closed);
    expect(await client.text()).toBe('{"is_authorized":false}');
    expect(app.paths).toHaveLength(MAX);
  });

  it('has no more tokens looked at, good ones either: handshakes and calls over HTTP get 429', async () => {
    const headers = { 'X-Forwarded-For': someAddress() };
    const url = (token: string): string => `ws://127.0.0.1:${gateway.port}/rpc/token/${token}`;
    const call = (token: string): Promise<Response> =>
      fetch(`${gateway.httpUrl}/rpc/help`, { headers: { ...headers, Authorization: `Bearer ${token}` } });
    expect(await handshake(url('forged'), headers)).toMatchObject({ status: 401 });
    expect((await call('forged')).status).toBe(401);
    expect(await handshake(url(rpcToken()), headers)).toMatchObject({ status: 101 });
    expect(await handshake(url('forged'), headers)).toMatchObject({ status: 401 });
    expect(await handshake(url(rpcToken()), headers)).toMatchObject({ status: 429 });
    expect((await call(rpcToken())).status).toBe(429);
    expect(await handshake(url(rpcToken()), { 'X-Forwarded-For': someAddress() })).toMatchObject({
      status: 101,
    });
  });
});
