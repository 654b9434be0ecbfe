import { Logger } from '@nestjs/common';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { stoppedAfterEach } from './support/cleanup.js';
import { handshake } from './support/handshake.js';
import { callOf, RpcStage, rpcToken, SECRET, sharedRpc, USER, V1 } from './support/rpc.js';
import { signToken } from './support/tokens.js';
import { eventually } from './support/wait.js';

const CHALLENGE = 'Token realm="shirow"';
const NO_UPGRADE = {
  Connection: undefined,
  Upgrade: undefined,
  'Sec-WebSocket-Version': undefined,
  'Sec-WebSocket-Key': undefined,
};
const nowS = Math.floor(Date.now() / 1000);
const JWT = { algorithms: ['HS256'], secret: SECRET, fields: { user_id: 'user_id' } } as const;

const started = stoppedAfterEach();

async function stageWith(options: Parameters<RpcStage['start']>[0]): Promise<RpcStage> {
  const stage = started(new RpcStage());
  await stage.start(options);
  return stage;
}

describe('a handshake', () => {
  const stage = sharedRpc({ auth: { jwt: { ...JWT, clockTolerance: '0s' } } });
  const refused = (path: string): ReturnType<typeof handshake> => handshake(stage.url(path));

  it('with a good token opens a connection', async () => {
    const claims = [
      {},
      { exp: nowS + 1000 },
      { exp: nowS + 0.5 + 1000 },
      { jti: 'x', iss: 'y', token_type: 'access', iat: nowS },
    ];
    for (const more of claims)
      expect((await handshake(stage.url(`/rpc/token/${rpcToken({ ...USER, ...more })}`))).status).toBe(101);
  });

  it.each([1, 'u', true, -1, 0.5, [0], { a: 0 }])('with the user %j opens a connection', async (user_id) => {
    expect((await handshake(stage.url(`/rpc/token/${rpcToken({ user_id })}`))).status).toBe(101);
  });

  it('without a token is refused', async () => {
    expect(await refused('/rpc')).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': CHALLENGE, 'content-length': '0' },
      body: '',
    });
  });

  it.each([
    ['is none', 'x'],
    ['has no parts that could be decoded', 'some.non.existent.token'],
    ['is for the mock user', 'mock_token'],
    ['is signed with another key', rpcToken(USER, { key: 'wrong' })],
    ['is signed with another algorithm', rpcToken(USER, { algorithm: 'HS512' })],
    [
      'is not signed',
      `${rpcToken(USER, { algorithm: 'HS256', header: { alg: 'none' } }).replace(/[^.]+$/, '')}x`,
    ],
    ['has expired', rpcToken({ ...USER, exp: nowS - 1 })],
    ['expires at no time', rpcToken({ ...USER, exp: 'tomorrow' })],
    ['is not valid yet', rpcToken({ ...USER, nbf: nowS + 3600 })],
    ['was issued in the future', rpcToken({ ...USER, iat: nowS + 3600 })],
    ['is for an audience', rpcToken({ ...USER, aud: 'others' })],
    ['is for nobody', rpcToken({ exp: nowS + 3600 })],
    ...[0, '', null, false, [], {}].map((user_id) => [
      `is for ${JSON.stringify(user_id)}`,
      rpcToken({ user_id }),
    ]),
  ])('with a token that %s is refused', async (_what, token) => {
    expect(await refused(`/rpc/token/${token}`)).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': CHALLENGE },
      body: '',
    });
  });

  it.each([
    '/rpc/',
    '/rpc/token',
    '/rpc/token/',
    '/rpc/x',
    '/rpc/token/a/',
    '/rpc/token/a/b',
    '/rpc/token/a%2Fb',
    '/x/rpc',
    '/rpcs',
  ])('on the path %s finds nothing', async (path) => {
    expect((await refused(path)).status).toBe(404);
  });

  it('may have a query, which is ignored', async () => {
    expect((await refused(`/rpc/token/${rpcToken()}?x=1/2`)).status).toBe(101);
    expect((await refused(`/rpc?token=${rpcToken()}`)).status).toBe(401);
  });

  it('of another origin is refused, unless its token was before', async () => {
    const from = (Origin: string, path: string): ReturnType<typeof handshake> =>
      handshake(stage.url(path), { Origin });
    const good = `/rpc/token/${rpcToken()}`;
    expect((await from('http://evil.example', good)).status).toBe(403);
    expect((await from('http://evil.example', '/rpc/token/bad')).status).toBe(401);
    expect((await from('http://evil.example', '/rpc')).status).toBe(401);
    expect((await from(`http://127.0.0.1:${stage.gateway.port}`, good)).status).toBe(101);
  });

  it.each([undefined, '12', '', 'x'])('of the version %s is told which is spoken', async (version) => {
    const headers = { 'Sec-WebSocket-Version': version };
    const answer = await handshake(stage.url(), headers);
    expect(answer).toMatchObject({ status: 426, headers: { 'sec-websocket-version': '13' } });
    expect((await handshake(stage.url('/rpc/token/x'), headers)).status).toBe(401);
    const Origin = 'http://evil.example';
    expect((await handshake(stage.url(), { ...headers, Origin })).status).toBe(403);
  });

  it('of another protocol, or without a key, is a bad request', async () => {
    expect(
      (await handshake(stage.url(), { Upgrade: 'h2c', 'Sec-WebSocket-Version': undefined })).status,
    ).toBe(400);
    expect((await handshake(stage.url(), { 'Sec-WebSocket-Key': undefined })).status).toBe(400);
  });

  it('by another method than GET is refused', async () => {
    for (const path of [undefined, '/rpc', '/rpc/token/x'])
      expect(await handshake(stage.url(path), {}, 'POST')).toMatchObject({
        status: 405,
        headers: { allow: 'GET' },
      });
  });
});

describe.each([true, false])('a plain request (calls over HTTP: %s)', (enabled) => {
  const stage = sharedRpc({ procedures: { http: { enabled } } });
  const plain = (
    path: string,
    headers: Record<string, string> = {},
    method?: string,
  ): ReturnType<typeof handshake> => handshake(stage.url(path), { ...NO_UPGRADE, ...headers }, method);
  const good = `/rpc/token/${rpcToken()}`;

  it.each(['/rpc', '/rpc/token/x', `/rpc/token/${rpcToken({ ...USER, exp: 1 })}?x=1`])(
    'for %s is told that it is not authorized',
    async (path) => {
      expect(await plain(path)).toMatchObject({
        status: 401,
        headers: { 'www-authenticate': CHALLENGE, 'content-length': '0' },
        body: '',
      });
    },
  );

  it('with a good token is a bad request, or is told what to upgrade to', async () => {
    expect((await plain(good)).status).toBe(400);
    expect((await plain('/rpc', { Authorization: `Bearer ${rpcToken()}` })).status).toBe(400);
    expect(await plain(good, { Upgrade: 'websocket' })).toMatchObject({
      status: 426,
      headers: { 'sec-websocket-version': '13' },
    });
    expect((await plain(good, { Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' })).status).toBe(400);
  });

  it('by another method than GET is refused', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'HEAD'])
      expect((await plain(good, {}, method)).status).toBe(405);
  });

  it('for another path finds nothing', async () => {
    for (const path of ['/rpc/', '/rpc/token/', `${good}/`, '/rpc/token/a/b'])
      expect([path, (await plain(path)).status]).toEqual([path, 404]);
  });
});

describe('a token', () => {
  const stage = sharedRpc();
  const whoami = async (
    path: string,
    protocols: string[],
    headers: Record<string, string>,
  ): Promise<unknown> => {
    const client = await stage.connectTo(path, protocols, { headers });
    return (await client.ask(callOf('whoami', []))).result;
  };

  it('may come in the header Authorization', async () => {
    for (const scheme of ['Bearer', 'bearer'])
      expect(await whoami('/rpc', [], { Authorization: `${scheme} ${rpcToken({ user_id: 'h' })}` })).toEqual({
        user_id: 'h',
      });
    const basic = await handshake(stage.url('/rpc'), { Authorization: 'Basic YTpi' });
    expect(basic.status).toBe(401);
  });

  it('may come as a sub-protocol, which is not the one that is chosen', async () => {
    const bearer = `kittiwake.bearer.${rpcToken({ user_id: 's' })}`;
    for (const offered of [
      [V1, bearer],
      [bearer, V1],
    ]) {
      const client = await stage.connectTo('/rpc', offered);
      expect(client.webSocket.protocol).toBe(V1);
      expect(await client.ask(callOf('whoami', []))).toMatchObject({ result: { user_id: 's' } });
    }
    expect(
      (await handshake(stage.url('/rpc'), { 'Sec-WebSocket-Protocol': bearer })).headers,
    ).not.toHaveProperty('sec-websocket-protocol');
    expect(
      (await handshake(stage.url('/rpc'), { 'Sec-WebSocket-Protocol': `${V1}, kittiwake.bearer.x` })).status,
    ).toBe(401);
  });

  it('of the path goes before one of a header, and that before one of a sub-protocol', async () => {
    const [path, header, protocol] = ['p', 'h', 's'].map((user_id) => rpcToken({ user_id }));
    const headers = { Authorization: `Bearer ${header}` };
    const protocols = [V1, `kittiwake.bearer.${protocol}`];
    expect(await whoami(`/rpc/token/${path}`, protocols, headers)).toEqual({ user_id: 'p' });
    expect(await whoami('/rpc', protocols, headers)).toEqual({ user_id: 'h' });
  });
});

describe('what is logged', () => {
  it('never has a token in it', async () => {
    const stage = await stageWith({ procedures: { mockToken: true } });
    const log: unknown[] = [];
    const keep = (...all: unknown[]): number => log.push(...all);
    Logger.overrideLogger({ log: keep, error: keep, warn: keep, debug: keep, verbose: keep, fatal: keep });
    const tokens = [
      rpcToken(),
      rpcToken({ ...USER, exp: 1 }),
      rpcToken(USER, { key: 'another' }),
      `${rpcToken()}x`,
      'x.y-secret.z-secret',
      rpcToken({ user_id: 0 }),
    ];
    for (const token of tokens) {
      for (const headers of [
        {},
        { Upgrade: 'h2c' },
        { 'Sec-WebSocket-Key': 'no' },
        { Origin: 'http://evil.example' },
      ])
        await handshake(stage.url(`/rpc/token/${token}`), headers);
      await handshake(stage.url(`/rpc/token/${token}`), NO_UPGRADE);
      await handshake(stage.url('/rpc'), { Authorization: `Bearer ${token}` });
      await handshake(stage.url('/rpc'), { 'Sec-WebSocket-Protocol': `${V1}, kittiwake.bearer.${token}` });
    }
    const client = await stage.connectTo(`/rpc/token/${tokens[0]}`);
    client.send(callOf('fail', [])).send(Buffer.alloc(11_000_000));
    await client.untilClosed();
    expect(log).not.toHaveLength(0);
    for (const token of tokens.flatMap((all) => all.split('.').slice(1)))
      expect(inspect(log, { depth: 10, maxStringLength: null })).not.toContain(token);
  });
});

describe('the mock token', () => {
  it('is for user 1 where it is allowed', async () => {
    const stage = await stageWith({ procedures: { mockToken: true } });
    const client = await stage.connectTo('/rpc/token/mock_token');
    expect(await client.ask(callOf('whoami', []))).toMatchObject({ result: { user_id: 1 } });
    expect((await handshake(stage.url('/rpc/token/mock'))).status).toBe(401);
  });
});

describe('without a key to verify tokens with', () => {
  it('every token is answered with 500, no token with 401', async () => {
    const stage = await stageWith({ procedures: { mockToken: true }, auth: { jwt: undefined } });
    for (const token of [rpcToken(), 'x', 'mock_token'])
      expect(await handshake(stage.url(`/rpc/token/${token}`))).toMatchObject({ status: 500, body: '' });
    expect((await handshake(stage.url('/rpc'), { Authorization: 'Bearer x' })).status).toBe(500);
    expect((await handshake(stage.url('/rpc'))).status).toBe(401);
  });
});

describe('the path of procedures', () => {
  it('can be another, of any characters', async () => {
    const stage = await stageWith({ procedures: { path: '/a.b/(c)+' } });
    expect((await handshake(stage.url(`/a.b/(c)+/token/${rpcToken()}`))).status).toBe(101);
    for (const path of ['/a.b/(c)+/token/', '/axb/(c)+', '/rpc'])
      expect((await handshake(stage.url(path))).status).toBe(404);
  });

  it('goes before topics on every path', async () => {
    const stage = await stageWith({ topics: { path: '*' } });
    expect((await handshake(stage.url('/rpc'))).status).toBe(401);
    expect((await handshake(stage.url('/rpc/token/x'))).status).toBe(401);
    expect((await handshake(stage.url('/rpc/'))).status).toBe(101);
  });

  it('is none without the section of procedures', async () => {
    const stage = await stageWith({ procedures: undefined });
    expect((await handshake(stage.url('/rpc'))).status).toBe(404);
    expect((await handshake(stage.url())).status).toBe(404);
  });
});

describe('the limits of connections', () => {
  it('refuse a client whatever its token', async () => {
    const stage = await stageWith({ limits: { connections: 1 } });
    const client = await stage.connect();
    for (const path of [undefined, '/rpc']) expect((await handshake(stage.url(path))).status).toBe(503);
    await client.close();
    expect((await handshake(stage.url())).status).toBe(101);
  });

  it('of one address count those that connect at the same time', async () => {
    const stage = await stageWith({ limits: { connectionsPerAddress: 1 } });
    const answers = await Promise.allSettled([stage.connect(), stage.connect(), stage.connect()]);
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await handshake(stage.url())).status).toBe(429);
  });
});

describe('a token of which the key is fetched', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const token = signToken({ algorithm: 'RS256', key: privateKey, claims: USER, header: { kid: 'k' } });
  let issuer: Server;
  let answerKeys: (() => void) | undefined;
  let isHanging: boolean;

  beforeEach(async () => {
    [answerKeys, isHanging] = [undefined, false];
    issuer = createServer((_request, response) => {
      const keys = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256' }] };
      answerKeys = () => response.setHeader('Content-Type', 'application/json').end(JSON.stringify(keys));
      if (!isHanging) answerKeys();
    }).listen(0, '127.0.0.1');
    await once(issuer, 'listening');
  });
  afterEach(() => {
    issuer.closeAllConnections();
    issuer.close();
  });

  const withKeys = (handshakeTimeout: string, limits: object = {}): Promise<RpcStage> => {
    const jwksUrl = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/keys`;
    const jwt = { algorithms: ['RS256'], secret: undefined, jwksUrl, fields: JWT.fields } as never;
    return stageWith({ auth: { jwt }, limits: { handshakeTimeout, ...limits } });
  };

  it('opens a connection', async () => {
    const stage = await withKeys('5s');
    expect((await handshake(stage.url(`/rpc/token/${token}`))).status).toBe(101);
  });

  it('is answered with 503 when the key does not come in time', async () => {
    isHanging = true;
    const stage = await withKeys('100ms');
    expect((await handshake(stage.url(`/rpc/token/${token}`))).status).toBe(503);
  });

  it('leaves no room for two connections where there is room for one', async () => {
    isHanging = true;
    const stage = await withKeys('5s', { connections: 1 });
    const connecting = [stage, stage].map((one) => one.connectTo(`/rpc/token/${token}`));
    await eventually(() => answerKeys, { what: 'a request for keys' });
    expect((await handshake(stage.url('/rpc'))).status).toBe(401);
    answerKeys!();
    const outcomes = (await Promise.allSettled(connecting)).map(({ status }) => status);
    expect(outcomes.toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  it('is answered with 503 when the key cannot be fetched', async () => {
    const stage = await withKeys('5s');
    issuer.closeAllConnections();
    issuer.close();
    expect((await handshake(stage.url(`/rpc/token/${token}`))).status).toBe(503);
  });

  it.each(['resetAndDestroy', 'end'] as const)(
    'is of no use to a client that is gone by then (%s)',
    async (leave) => {
      isHanging = true;
      const stage = await withKeys('5s');
      const socket = connect(stage.gateway.port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(
        `GET /rpc/token/${token} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      );
      await eventually(() => answerKeys, { what: 'a request for keys' });
      socket.on('error', () => undefined)[leave]();
      expect((await handshake(stage.url('/rpc'))).status).toBe(401);
      answerKeys!();
      isHanging = false;
      expect((await handshake(stage.url(`/rpc/token/${token}`))).status).toBe(101);
      await eventually(async () => (await stage.gateway.metric('kittiwake_connections')) === 0);
    },
  );
});

describe('the end of a token', () => {
  const shortLived = (): string => `/rpc/token/${rpcToken({ ...USER, exp: Date.now() / 1000 + 1 })}`;
  const jwt = { ...JWT, clockTolerance: '0s' };

  it('ends the connection', async () => {
    const stage = await stageWith({ auth: { jwt } });
    const client = await stage.connectTo(shortLived());
    expect(await client.ask(callOf('add', [1, 1]))).toMatchObject({ result: 2 });
    expect(await client.untilClosed()).toEqual({ code: 4401, reason: 'The token has expired.' });
    expect((await stage.connect()).webSocket.readyState).toBe(1);
  });

  it('does not end it where that is switched off', async () => {
    const stage = await stageWith({ auth: { jwt }, procedures: { endWithToken: false } });
    const client = await stage.connectTo(shortLived());
    expect(await client.ask(callOf('later', [1200, 'there']))).toMatchObject({ result: 'there' });
  });
});

describe('a connection', () => {
  it('is not closed for want of an auth event', async () => {
    const stage = await stageWith({ auth: { deadline: '50ms' } });
    const client = await stage.connect();
    expect(await client.ask(callOf('later', [500, 'there']))).toMatchObject({ result: 'there' });
  });
});
