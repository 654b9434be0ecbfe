import { jest } from '@jest/globals';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { Logger } from '@nestjs/common';
import { answer, appsOfTest, type HttpApp } from '../../../test/support/http-app.js';
import { rejection } from '../../../test/support/http-callers.js';
import { signToken } from '../../../test/support/tokens.js';
import type { JwtSettings } from '../../config/sections/auth/jwt.settings.js';
import { CallbackError, ClientError } from '../../protocol/errors.js';
import { JwtAuthenticator } from './jwt.authenticator.js';

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });
const SHORT_RSA = generateKeyPairSync('rsa', { modulusLength: 1024 });
const P256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const P384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const P521 = generateKeyPairSync('ec', { namedCurve: 'P-521' });
const ED25519 = generateKeyPairSync('ed25519');

function published({ publicKey }: KeyPair, members: object = {}): object {
  return { ...publicKey.export({ format: 'jwk' }), ...members };
}

function token(algorithm: string, { privateKey }: KeyPair, kid?: string): string {
  return signToken({ algorithm, key: privateKey, claims: { sub: 'user_1' }, header: { kid } });
}

/** Moves the clock that fetches are spaced by. */
function advance(ms: number): void {
  const now = performance.now();
  jest.spyOn(performance, 'now').mockImplementation(() => now + ms);
}

describe('published keys', () => {
  const startApp = appsOfTest();
  let keys: object[];
  let app: HttpApp;
  let warnings: string[];

  beforeEach(async () => {
    keys = [];
    warnings = [];
    const warn = (message: unknown): unknown => warnings.push(String(message));
    Logger.overrideLogger({ log: warn, error: warn, warn });
    app = await startApp((response) => answer(response, JSON.stringify({ keys })));
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  afterAll(() => Logger.overrideLogger(false));

  function authenticatorWith(settings?: Partial<JwtSettings>): JwtAuthenticator {
    return new JwtAuthenticator({
      algorithms: ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA'],
      jwksUrl: `${app.origin}/keys?word`,
      jwksCacheMaxAgeMs: 600_000,
      jwksCooldownMs: 30_000,
      jwksStaleIfErrorMs: 3_600_000,
      fields: { user_id: 'sub' },
      requireExpiry: true,
      clockToleranceMs: 5_000,
      ...settings,
    });
  }

  it.each([
    ['RS256', RSA],
    ['PS256', RSA],
    ['ES256', P256],
    ['ES384', P384],
    ['ES512', P521],
    ['EdDSA', ED25519],
  ])('verify %s', async (algorithm, pair) => {
    keys = [published(RSA, { kid: 'a', use: 'enc' }), published(pair, { kid: 'b' })];
    const { identity } = await authenticatorWith().identify(token(algorithm, pair, 'b'));
    expect([...identity]).toEqual([['user_id', '"user_1"']]);
    expect(app.requests).toEqual([expect.objectContaining({ method: 'GET', path: '/keys?word' })]);
  });

  it('are not fetched before they are needed, and then once', async () => {
    keys = [published(P256)];
    const authenticator = authenticatorWith();
    const good = token('ES256', P256);
    await rejection(authenticator.identify('not a token'));
    await rejection(authenticator.identify(signToken({ algorithm: 'HS256', key: 's', claims: {} })));
    expect(app.requests).toHaveLength(0);
    await Promise.all([authenticator.identify(good), authenticator.identify(good)]);
    await authenticator.identify(good);
    expect(app.requests).toHaveLength(1);
  });

  it('are fetched again when a token names a new one', async () => {
    keys = [published(P256, { kid: 'old' })];
    const authenticator = authenticatorWith({ jwksCooldownMs: 0 });
    await authenticator.identify(token('ES256', P256, 'old'));
    const next = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    keys = [published(next, { kid: 'new' })];
    await expect(authenticator.identify(token('ES256', next, 'new'))).resolves.toBeDefined();
    expect(app.requests).toHaveLength(2);
    expect(await rejection(authenticator.identify(token('ES256', P256, 'old')))).toBeInstanceOf(ClientError);
  });

  it('are fetched for unknown ones at most once in a while', async () => {
    keys = [published(P256, { kid: 'old' })];
    const authenticator = authenticatorWith({ jwksCooldownMs: 30_000 });
    for (let count = 0; count < 20; count++) {
      const error = await rejection(authenticator.identify(token('ES256', P256, `unknown ${count}`)));
      expect(error).toBeInstanceOf(ClientError);
    }
    expect(app.requests).toHaveLength(1);
    advance(30_001);
    for (let count = 0; count < 20; count++) {
      await rejection(authenticator.identify(token('ES256', P256, `unknown ${count}`)));
    }
    expect(app.requests).toHaveLength(2);
    await expect(authenticator.identify(token('ES256', P256, 'old'))).resolves.toBeDefined();
  });

  it('are fetched again when they have grown old', async () => {
    keys = [published(P256, { kid: 'a' })];
    const authenticator = authenticatorWith({ jwksCacheMaxAgeMs: 60_000 });
    const signed = token('ES256', P256, 'a');
    await authenticator.identify(signed);
    keys = [];
    advance(59_000);
    await expect(authenticator.identify(signed)).resolves.toBeDefined();
    advance(2_000);
    expect(await rejection(authenticator.identify(signed))).toBeInstanceOf(ClientError);
    expect(app.requests).toHaveLength(2);
  });

  it.each([
    ['for another algorithm', 'ES256', P256, published(P256, { kid: 'a', alg: 'ES384' })],
    ['of another kind', 'RS256', RSA, published(P256, { kid: 'a' })],
    ['on another curve', 'ES256', P256, published(P384, { kid: 'a' })],
    ['for encryption', 'ES256', P256, published(P256, { kid: 'a', use: 'enc' })],
    ['for other operations', 'ES256', P256, published(P256, { kid: 'a', key_ops: ['deriveKey'] })],
    ['too short', 'RS256', SHORT_RSA, published(SHORT_RSA, { kid: 'a' })],
    [
      'of someone else',
      'ES256',
      P256,
      published(generateKeyPairSync('ec', { namedCurve: 'P-256' }), { kid: 'a' }),
    ],
    ['secret', 'ES256', P256, { kty: 'oct', k: 'c2VjcmV0', kid: 'a' }],
  ])('do not verify a token when they are %s', async (_, algorithm, pair, key) => {
    keys = [key];
    expect(await rejection(authenticatorWith().identify(token(algorithm, pair, 'a')))).toBeInstanceOf(
      ClientError,
    );
    expect(warnings).toEqual([]);
  });

  it('need not be named when only one fits', async () => {
    keys = [published(RSA, { kid: 'a' }), published(P256, { kid: 'b' })];
    await expect(authenticatorWith().identify(token('ES256', P256))).resolves.toBeDefined();
  });

  it('must be named when several fit', async () => {
    keys = [
      published(P256, { kid: 'a' }),
      published(generateKeyPairSync('ec', { namedCurve: 'P-256' }), { kid: 'b' }),
    ];
    expect(await rejection(authenticatorWith().identify(token('ES256', P256)))).toMatchObject({
      name: 'ClientError',
      cause: { message: expect.stringContaining('multiple matching keys') },
    });
  });

  it('keep to audience, issuer and expiry', async () => {
    keys = [published(P256)];
    const authenticator = authenticatorWith({ audience: 'kittiwake', issuer: 'id' });
    const sign = (claims: object): string => signToken({ algorithm: 'ES256', key: P256.privateKey, claims });
    const good = { sub: 'user_1', aud: 'kittiwake', iss: 'id', exp: 4_102_444_800 };
    await expect(authenticator.identify(sign(good))).resolves.toMatchObject({
      expiresAtMs: 4_102_444_805_000,
    });
    for (const bad of [{ aud: 'api' }, { iss: 'other' }, { exp: 1 }, { nbf: 4_102_444_800 }]) {
      expect(await rejection(authenticator.identify(sign({ ...good, ...bad })))).toBeInstanceOf(ClientError);
    }
  });

  it('go on being used for a time when they cannot be fetched again', async () => {
    keys = [published(P256, { kid: 'a' })];
    const authenticator = authenticatorWith({ jwksCacheMaxAgeMs: 60_000, jwksStaleIfErrorMs: 120_000 });
    const signed = token('ES256', P256, 'a');
    await authenticator.identify(signed);
    await app.stop();
    advance(61_000);
    await expect(authenticator.identify(signed)).resolves.toBeDefined();
    advance(100_000);
    await expect(authenticator.identify(signed)).resolves.toBeDefined();
    expect(await rejection(authenticator.identify(token('ES256', P256, 'b')))).toBeInstanceOf(CallbackError);
    advance(30_000);
    expect(await rejection(authenticator.identify(signed))).toBeInstanceOf(CallbackError);
  });

  it('are fetched once in a while while that fails, however many tokens come', async () => {
    const down = await startApp((response) => answer(response, '', { status: 503 }));
    const authenticator = authenticatorWith({ jwksUrl: down.origin });
    const signed = token('ES256', P256);
    const refusedAll = async (): Promise<void> => {
      const all = Array.from({ length: 100 }, () => rejection(authenticator.identify(signed)));
      for (const error of await Promise.all(all)) expect(error).toBeInstanceOf(CallbackError);
    };
    await refusedAll();
    await refusedAll();
    expect(down.requests).toHaveLength(1);
    advance(30_001);
    await refusedAll();
    expect(down.requests).toHaveLength(2);
    expect(warnings).toHaveLength(2);
  });

  it('that cannot be fetched are no fault of the client', async () => {
    const authenticator = authenticatorWith();
    await app.stop();
    const error = await rejection(authenticator.identify(token('ES256', P256)));
    expect(error).toBeInstanceOf(CallbackError);
    expect((error as CallbackError).message).toMatch(
      /keys could not be fetched: fetch failed: .*ECONNREFUSED/,
    );
    expect(warnings).toEqual([(error as CallbackError).message]);
    expect(inspect([error, warnings], { depth: 99 })).not.toContain('word');
  });

  it.each([
    ['status 500', 500, '{"keys": []}'],
    ['a redirect', 302, '{"keys": []}'],
    ['no JSON', 200, 'text'],
    ['no keys', 200, '{"keys": 1}'],
    ['more than a megabyte', 200, `{"keys": [], "x": "${'x'.repeat(1_048_576)}"}`],
  ])(
    'that are answered with %s are no fault of the client, and are asked for again',
    async (_, status, text) => {
      const replies = [{ status, text }];
      const flaky = await startApp((response) => {
        const reply = replies.shift();
        const headers = { location: `${app.origin}/keys` };
        if (reply) answer(response, reply.text, { status: reply.status, headers });
        else answer(response, JSON.stringify({ keys: [published(P256)] }));
      });
      const authenticator = authenticatorWith({ jwksUrl: flaky.origin, jwksCooldownMs: 0 });
      expect(await rejection(authenticator.identify(token('ES256', P256)))).toBeInstanceOf(CallbackError);
      await expect(authenticator.identify(token('ES256', P256))).resolves.toBeDefined();
      expect(app.requests).toEqual([]);
    },
  );
});
