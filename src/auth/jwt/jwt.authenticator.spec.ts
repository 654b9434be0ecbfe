import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { rejection } from '../../../test/support/http-callers.js';
import { signToken, type TokenOptions } from '../../../test/support/tokens.js';
import type { JwtAlgorithm, JwtSettings } from '../../config/sections/auth/jwt.settings.js';
import { ClientError } from '../../protocol/errors.js';
import { toJsonText } from '../../protocol/json/json.js';
import { JwtAuthenticator } from './jwt.authenticator.js';

const SECRET = 'a secret that issuer and gateway share, and nobody else';
const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });
const RSA_PSS = generateKeyPairSync('rsa-pss', {
  modulusLength: 2048,
  hashAlgorithm: 'sha256',
  mgf1HashAlgorithm: 'sha256',
});
const P256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const P384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const P521 = generateKeyPairSync('ec', { namedCurve: 'P-521' });
const ED25519 = generateKeyPairSync('ed25519');

const SETTINGS: JwtSettings = {
  algorithms: ['HS256'],
  jwksCacheMaxAgeMs: 600_000,
  jwksCooldownMs: 30_000,
  jwksStaleIfErrorMs: 3_600_000,
  fields: { user_id: 'sub' },
  requireExpiry: true,
  clockToleranceMs: 5_000,
};

function pem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

function withSecret(settings?: Partial<JwtSettings>): JwtAuthenticator {
  return new JwtAuthenticator({ ...SETTINGS, secret: SECRET, ...settings });
}

function withPublicKey(key: KeyObject, settings?: Partial<JwtSettings>): JwtAuthenticator {
  return new JwtAuthenticator({ ...SETTINGS, publicKey: pem(key), ...settings });
}

function hs256(claims: TokenOptions['claims'], header: object = {}): string {
  return signToken({ algorithm: 'HS256', key: SECRET, claims, header });
}

/** Why the token is refused; fails when it is accepted, or refused in a way that a client must not see. */
async function refusal(authenticator: JwtAuthenticator, token: string): Promise<string> {
  const error = await rejection(authenticator.identify(token));
  expect(error).toBeInstanceOf(ClientError);
  expect(error).toMatchObject({ code: 'authentication_failed', message: 'Authentication failed.' });
  return ((error as ClientError).cause as Error).message;
}

const ALGORITHMS: [JwtAlgorithm, KeyObject | string, KeyObject | undefined][] = [
  ['HS256', SECRET, undefined],
  ['HS384', SECRET, undefined],
  ['HS512', SECRET, undefined],
  ['RS256', RSA.privateKey, RSA.publicKey],
  ['RS384', RSA.privateKey, RSA.publicKey],
  ['RS512', RSA.privateKey, RSA.publicKey],
  ['PS256', RSA.privateKey, RSA.publicKey],
  ['PS384', RSA.privateKey, RSA.publicKey],
  ['PS512', RSA.privateKey, RSA.publicKey],
  ['PS256', RSA_PSS.privateKey, RSA_PSS.publicKey],
  ['ES256', P256.privateKey, P256.publicKey],
  ['ES384', P384.privateKey, P384.publicKey],
  ['ES512', P521.privateKey, P521.publicKey],
  ['EdDSA', ED25519.privateKey, ED25519.publicKey],
];

describe.each(ALGORITHMS)('a token signed with %s', (algorithm, key, publicKey) => {
  const authenticator = (settings?: Partial<JwtSettings>): JwtAuthenticator => {
    const all = { algorithms: [algorithm], ...settings };
    return publicKey ? withPublicKey(publicKey, all) : withSecret(all);
  };
  const token = (claims: TokenOptions['claims'], header: object = {}): string =>
    signToken({ algorithm, key, claims: claims, header });
  let nowS = 0;
  beforeEach(() => {
    nowS = Math.floor(Date.now() / 1000);
  });

  it('proves who a client is', async () => {
    const { identity, expiresAtMs } = await authenticator().identify(
      token({ sub: 'user_1', exp: nowS + 60 }),
    );
    expect([...identity]).toEqual([['user_id', '"user_1"']]);
    expect(expiresAtMs).toBe((nowS + 65) * 1000);
  });

  it('has to say when it expires, unless the settings say otherwise', async () => {
    const eternal = token({ sub: 'user_1', exp: undefined });
    expect(await refusal(authenticator(), eternal)).toBe('exp is missing (auth.jwt.requireExpiry)');
    const { expiresAtMs } = await authenticator({ requireExpiry: false }).identify(eternal);
    expect(expiresAtMs).toBeUndefined();
  });

  it('is refused when it was changed', async () => {
    const [head, , signature] = token({ sub: 'user_1' }).split('.');
    const [, payload] = token({ sub: 'user_2' }).split('.');
    expect(await refusal(authenticator(), `${head}.${payload}.${signature}`)).toMatch(/signature/);
  });

  it('expires', async () => {
    const expired = token({ sub: 'user_1', exp: nowS - 60 });
    expect(await refusal(authenticator(), expired)).toMatch(/expired|"exp" claim/);
    await expect(authenticator({ clockToleranceMs: 120_000 }).identify(expired)).resolves.toMatchObject({
      expiresAtMs: (nowS + 60) * 1000,
    });
    const exact = authenticator({ clockToleranceMs: 0 });
    await expect(exact.identify(token({ sub: 'user_1', exp: nowS + 60 }))).resolves.toMatchObject({
      expiresAtMs: (nowS + 60) * 1000,
    });
  });

  it('begins to be valid', async () => {
    const early = token({ sub: 'user_1', nbf: nowS + 60 });
    expect(await refusal(authenticator(), early)).toMatch(/not active|"nbf" claim/);
    await expect(authenticator({ clockToleranceMs: 120_000 }).identify(early)).resolves.toBeDefined();
    await expect(authenticator().identify(token({ sub: 'user_1', nbf: nowS }))).resolves.toBeDefined();
  });

  it.each(['exp', 'nbf'])('is refused when %s is not a number', async (claim) => {
    expect(await refusal(authenticator(), token({ sub: 'user_1', [claim]: '99999999999' }))).toContain(claim);
  });

  it('is refused when it was issued in the future', async () => {
    const early = token({ sub: 'user_1', iat: nowS + 60 });
    expect(await refusal(authenticator(), early)).toBe('issued in the future');
    await expect(authenticator({ clockToleranceMs: 120_000 }).identify(early)).resolves.toBeDefined();
    await expect(authenticator().identify(token({ sub: 'user_1', iat: nowS }))).resolves.toBeDefined();
  });

  it.each(['1', null, true, [1]])('is refused when iat is %j', async (iat) => {
    expect(await refusal(authenticator(), token({ sub: 'user_1', iat }))).toMatch(/iat/);
  });

  it('expires within its last second', async () => {
    const exact = authenticator({ clockToleranceMs: 0 });
    const exp = Date.now() / 1000 - 0.001;
    expect(await refusal(exact, token({ sub: 'user_1', exp }))).toMatch(/expired|"exp" claim/);
  });

  it.each(['api', ['api'], [], '', null])(
    'for the audience %j is refused where none is configured',
    async (aud) => {
      expect(await refusal(authenticator(), token({ sub: 'user_1', aud }))).toMatch(
        'made for an audience, and none is configured',
      );
    },
  );

  it('is for its audience alone', async () => {
    const picky = authenticator({ audience: 'kittiwake' });
    await expect(picky.identify(token({ sub: 'user_1', aud: 'kittiwake' }))).resolves.toBeDefined();
    await expect(picky.identify(token({ sub: 'user_1', aud: ['api', 'kittiwake'] }))).resolves.toBeDefined();
    for (const aud of ['api', 'kittiwakes', ['api'], [], undefined]) {
      expect(await refusal(picky, token({ sub: 'user_1', aud }))).toMatch(/audience|"aud" claim/);
    }
  });

  it('is from its issuer alone', async () => {
    const picky = authenticator({ issuer: 'https://id.example.com' });
    await expect(
      picky.identify(token({ sub: 'user_1', iss: 'https://id.example.com' })),
    ).resolves.toBeDefined();
    for (const iss of ['https://id.example.org', ['https://id.example.com'], undefined]) {
      expect(await refusal(picky, token({ sub: 'user_1', iss }))).toMatch(/issuer|"iss" claim/);
    }
  });

  it('is refused with critical extensions, since none is known', async () => {
    for (const crit of [['exp'], ['b64'], []]) {
      expect(await refusal(authenticator(), token({ sub: 'user_1' }, { crit, b64: true, exp: 1 }))).toBe(
        'the header has critical extensions',
      );
    }
  });

  it.each(['"text"', '[]', 'null', '1', 'text', ''])('is refused when its payload is %j', async (payload) => {
    expect(await refusal(authenticator(), token(payload))).toBeTruthy();
  });
});

describe('a token without fields for the identity', () => {
  const authenticator = withSecret({ fields: {}, requireExpiry: false });

  it('proves that a client is someone', async () => {
    await expect(authenticator.identify(hs256('{}'))).resolves.toMatchObject({ identity: new Map() });
  });

  it.each(['"text"', '[]', 'null', '1', 'text', ' '])(
    'is refused when its payload is %j',
    async (payload) => {
      expect(await refusal(authenticator, hs256(payload))).toMatch(/not a JSON object|^not JSON/);
    },
  );
});

describe('the algorithm of a token', () => {
  it('is one that is allowed, even with the right key', async () => {
    for (const [algorithm, key] of ALGORITHMS.filter(([, key]) => key === RSA.privateKey)) {
      const others = (['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const).filter(
        (other) => other !== algorithm,
      );
      const token = signToken({ algorithm, key, claims: { sub: 'user_1' } });
      expect(await refusal(withPublicKey(RSA.publicKey, { algorithms: others }), token)).toBe(
        'signed with an algorithm that is not allowed',
      );
    }
  });

  it('is the one that it is signed with', async () => {
    const authenticator = withPublicKey(RSA.publicKey, { algorithms: ['RS256', 'RS512', 'PS256'] });
    for (const alg of ['RS512', 'PS256']) {
      const token = signToken({
        algorithm: 'RS256',
        key: RSA.privateKey,
        claims: { sub: 'user_1' },
        header: { alg },
      });
      expect(await refusal(authenticator, token)).toMatch(/signature/);
    }
  });

  it.each([
    ['as PEM', pem(RSA.publicKey)],
    ['as PEM without its last line break', pem(RSA.publicKey).trim()],
    ['as PKCS #1 PEM', RSA.publicKey.export({ type: 'pkcs1', format: 'pem' }).toString()],
    ['as JWK', JSON.stringify(RSA.publicKey.export({ format: 'jwk' }))],
  ])('makes no secret of a public key %s', async (_, key) => {
    const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const;
    for (const alg of ['HS256', 'RS256', 'PS256']) {
      const token = signToken({ algorithm: 'HS256', key, claims: { sub: 'user_1' }, header: { alg } });
      expect(await refusal(withPublicKey(RSA.publicKey, { algorithms }), token)).toMatch(
        /not allowed|signature/,
      );
    }
  });

  it.each(['none', 'None', 'NONE', '', 'hs256', 'HS255', 'constructor'])('is not %j', async (alg) => {
    const [head, payload, signature] = hs256({ sub: 'user_1' }, { alg }).split('.');
    expect(await refusal(withSecret(), `${head}.${payload}.${signature}`)).toBe(
      'signed with an algorithm that is not allowed',
    );
    expect(await refusal(withSecret(), `${head}.${payload}.`)).toBe('not a signed token');
  });

  it.each([[null], [256], [['HS256']], [undefined]])('is not the JSON value %j', async (alg) => {
    expect(await refusal(withSecret(), hs256({ sub: 'user_1' }, { alg }))).toBe(
      'the header names no algorithm',
    );
  });
});

describe('a key', () => {
  it('is the one that a token is signed with', async () => {
    const key = 'another secret';
    expect(
      await refusal(withSecret(), signToken({ algorithm: 'HS256', key, claims: { sub: 'user_1' } })),
    ).toMatch(/signature/);
    const { privateKey } = generateKeyPairSync('ed25519');
    const token = signToken({ algorithm: 'EdDSA', key: privateKey, claims: { sub: 'user_1' } });
    expect(await refusal(withPublicKey(ED25519.publicKey, { algorithms: ['EdDSA'] }), token)).toMatch(
      /signature/,
    );
  });
});

describe('what a token says', () => {
  it('becomes fields of the identity, with every digit', async () => {
    const payload =
      '{"exp": 9999999999, "sub": 12345678901234567890, "org": {"id": 9007199254740993, "n": 1.0}, "name": "\\u00e9", "nick": null}';
    const fields = { user_id: 'sub', organisation: 'org', name: 'name', nick: 'nick', again: 'sub' };
    const { identity } = await withSecret({ fields }).identify(hs256(payload));
    expect([...identity]).toEqual([
      ['user_id', '12345678901234567890'],
      ['organisation', '{"id": 9007199254740993, "n": 1.0}'],
      ['name', '"\\u00e9"'],
      ['nick', 'null'],
      ['again', '12345678901234567890'],
    ]);
  });

  it.each(['session', 'constructor', '__proto__', 'toString'])(
    'lacks no claim of a field: %s',
    async (claim) => {
      const authenticator = withSecret({ fields: { user_id: 'sub', session_id: claim } });
      expect(await refusal(authenticator, hs256({ sub: 'user_1' }))).toBe(`the claim ${claim} is missing`);
    },
  );

  it.each([null, 0, '', false, [], {}])('is not %j for the user', async (sub) => {
    expect(await refusal(withSecret(), hs256({ sub }))).toBe('the claim sub is empty');
    await expect(withSecret({ fields: { team: 'sub' } }).identify(hs256({ sub }))).resolves.toBeDefined();
  });

  it('becomes fields only after its signature is verified', async () => {
    const token = signToken({ algorithm: 'HS256', key: 'another secret', claims: {} });
    expect(await refusal(withSecret(), token)).toMatch(/signature/);
  });

  it('ends a session at a fraction of a second', async () => {
    const { expiresAtMs } = await withSecret().identify(hs256({ sub: 'user_1', exp: 4_102_444_800.5 }));
    expect(expiresAtMs).toBe(4_102_444_805_500); // five seconds more: clocks may be apart
  });
});

describe('a token that is none', () => {
  const good = hs256({ sub: 'user_1' });
  const [head, payload, signature] = good.split('.') as [string, string, string];
  const encode = (text: string): string => Buffer.from(text).toString('base64url');

  it.each([
    ['', 'not a signed token'],
    ['text', 'not a signed token'],
    [`${head}.${payload}`, 'not a signed token'],
    [`${head}..${signature}`, 'not a signed token'],
    [`${good}.`, 'not a signed token'],
    [`${good}.${payload}.${payload}`, 'not a signed token'],
    [`${good}=`, 'not a signed token'],
    [` ${good}`, 'not a signed token'],
    [`${good}\n`, 'not a signed token'],
    [`${head}.${payload}.${signature}+/`, 'not a signed token'],
    [`Bearer ${good}`, 'not a signed token'],
    [`${encode('{"alg":')}.${payload}.${signature}`, 'not JSON'],
    [`${encode('"HS256"')}.${payload}.${signature}`, 'the header names no algorithm'],
    [`${encode('null')}.${payload}.${signature}`, 'the header names no algorithm'],
    [`${encode('{}')}.${payload}.${signature}`, 'the header names no algorithm'],
  ])('is refused: %j', async (token, reason) => {
    expect(await refusal(withSecret(), token)).toBe(reason);
  });

  it('is refused unread when it is longer than 16 KiB', async () => {
    const ofLength = (padding: number): string => hs256({ sub: 'user_1', padding: 'x'.repeat(padding) });
    let padding = 12_000;
    while (ofLength(padding + 1).length <= 16_384) padding++;
    expect(ofLength(padding).length).toBeGreaterThan(16_380);
    await expect(withSecret().identify(ofLength(padding))).resolves.toBeDefined();
    expect(await refusal(withSecret(), ofLength(padding + 1))).toBe('longer than 16384 characters');
  });
});

describe('the auth event of a client', () => {
  it('has the token as a string', async () => {
    const event = new Map([['token', toJsonText(hs256({ sub: 'user_1' }))]]);
    const { identity } = await withSecret().authenticate(event);
    expect([...identity]).toEqual([['user_id', '"user_1"']]);
  });

  it.each([undefined, null, '', 0, false, [], {}])('must have a token: %j', async (token) => {
    const event = new Map(token === undefined ? [] : [['token', toJsonText(token)]]);
    expect(await rejection(withSecret().authenticate(event))).toMatchObject({
      name: 'ClientError',
      code: 'token_missing',
      message: 'Must specify token.',
    });
  });

  it.each([1, true, ['a'], { a: 1 }])('is refused when the token is %j', async (token) => {
    const event = new Map([['token', toJsonText(token)]]);
    expect(await rejection(withSecret().authenticate(event))).toMatchObject({
      name: 'ClientError',
      code: 'authentication_failed',
      cause: { message: 'not a string' },
    });
  });
});

describe('the cause of a refusal', () => {
  const claims = { sub: 'user_secret', aud: 'aud_secret', iss: 'iss_secret' };
  const nowS = Math.floor(Date.now() / 1000);
  const byJose = (claims: object | string): string =>
    signToken({ algorithm: 'EdDSA', key: ED25519.privateKey, claims });
  const joseSettings = { algorithms: ['EdDSA'] } as const;

  it.each([
    ['not allowed', withSecret({ algorithms: ['HS512'] }), hs256(claims)],
    ['header', withSecret(), `${Buffer.from('{"alg_secret"').toString('base64url')}.eyJ9.c2ln`],
    ['payload', withSecret(), hs256('{"sub_secret"')],
    ['short payload', withSecret(), hs256('_secret')],
    ['EdDSA short payload', withPublicKey(ED25519.publicKey, joseSettings), byJose('_secret')],
    ['signature', withSecret({ secret: 'other' }), hs256(claims)],
    ['expired', withSecret(), hs256({ ...claims, exp: nowS - 60 })],
    ['audience', withSecret({ audience: 'a' }), hs256(claims)],
    ['issuer', withSecret({ issuer: 'a' }), hs256(claims)],
    ['missing', withSecret({ fields: { user_id: 'uid' } }), hs256(claims)],
    ['EdDSA expired', withPublicKey(ED25519.publicKey, joseSettings), byJose({ ...claims, exp: nowS - 60 })],
    ['EdDSA audience', withPublicKey(ED25519.publicKey, { ...joseSettings, audience: 'a' }), byJose(claims)],
  ])('quotes neither token nor claims: %s', async (_, authenticator, token) => {
    const error = await rejection(authenticator.identify(token));
    const told = inspect(error, { depth: 99, showHidden: true });
    expect(told).toContain('TokenError');
    expect(told).not.toMatch(/_secret/);
    for (const part of token.split('.')) expect(told).not.toContain(part);
  });
});
