import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signToken } from '../../../test/support/tokens.js';
import type { JwtSettings } from '../../config/sections/auth/jwt.settings.js';
import { tokenVerifiers } from './token-verifiers.js';

const RSA = generateKeyPairSync('rsa', { modulusLength: 2048 });
const SHORT_RSA = generateKeyPairSync('rsa', { modulusLength: 1024 });
const RSA_PSS = generateKeyPairSync('rsa-pss', {
  modulusLength: 2048,
  hashAlgorithm: 'sha256',
  mgf1HashAlgorithm: 'sha256',
});
const MIXED_RSA_PSS = generateKeyPairSync('rsa-pss', {
  modulusLength: 2048,
  hashAlgorithm: 'sha256',
  mgf1HashAlgorithm: 'sha512',
});
const UNBOUND_RSA_PSS = generateKeyPairSync('rsa-pss', { modulusLength: 2048 });
const SHORT_RSA_PSS = generateKeyPairSync('rsa-pss', {
  modulusLength: 1024,
  hashAlgorithm: 'sha256',
  mgf1HashAlgorithm: 'sha256',
});
const P256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const P384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const SECP256K1 = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
const ED25519 = generateKeyPairSync('ed25519');
const ED448 = generateKeyPairSync('ed448');

function pem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}

type Unchecked = Partial<Omit<JwtSettings, 'algorithms'>> & { readonly algorithms?: readonly string[] };

/** Algorithms are names of any kind here, as in settings that nobody has checked. */
function start(settings: Unchecked): () => unknown {
  return () =>
    tokenVerifiers({
      algorithms: ['HS256'],
      jwksCacheMaxAgeMs: 1,
      jwksCooldownMs: 1,
      jwksStaleIfErrorMs: 1,
      fields: {},
      requireExpiry: true,
      clockToleranceMs: 0,
      ...settings,
    } as JwtSettings);
}

describe('the start', () => {
  it.each(['none', 'None', 'HS1', '', 'ES256K', 'A128KW'])('fails with the algorithm %j', (algorithm) => {
    const message = `tokens cannot be verified that are signed with ${algorithm}; algorithms can be HS256, HS384,`;
    expect(start({ algorithms: ['HS256', algorithm], secret: 's' })).toThrow(message);
    expect(start({ algorithms: [algorithm], jwksUrl: 'https://id.example.com/keys' })).toThrow(message);
  });

  it('fails without algorithms', () => {
    expect(start({ algorithms: [], secret: 's' })).toThrow('algorithms must name');
  });

  it.each([
    ['HS256', RSA, 'a secret'],
    ['HS512', P256, 'a secret'],
    ['RS256', P256, 'an RSA public key of at least 2048 bits'],
    ['RS256', RSA_PSS, 'an RSA public key of at least 2048 bits'],
    ['RS256', SHORT_RSA, 'an RSA public key of at least 2048 bits'],
    ['PS256', SHORT_RSA, 'an RSA public key of at least 2048 bits, or an RSA-PSS one for sha256'],
    ['PS512', ED25519, 'an RSA public key of at least 2048 bits, or an RSA-PSS one for sha512'],
    ['PS512', RSA_PSS, 'an RSA public key of at least 2048 bits, or an RSA-PSS one for sha512'],
    ['PS256', MIXED_RSA_PSS, 'an RSA public key of at least 2048 bits, or an RSA-PSS one for sha256'],
    ['PS512', MIXED_RSA_PSS, 'an RSA public key of at least 2048 bits, or an RSA-PSS one for sha512'],
    ['PS384', UNBOUND_RSA_PSS, 'an RSA public key of at least 2048 bits, or an RSA-PSS one for sha384'],
    ['PS256', SHORT_RSA_PSS, 'an RSA public key of at least 2048 bits, or an RSA-PSS one for sha256'],
    ['ES256', P384, 'a public key on the curve P-256'],
    ['ES256', SECP256K1, 'a public key on the curve P-256'],
    ['ES256', RSA, 'a public key on the curve P-256'],
    ['ES384', P256, 'a public key on the curve P-384'],
    ['ES512', P384, 'a public key on the curve P-521'],
    ['EdDSA', P256, 'an Ed25519 public key'],
    ['EdDSA', ED448, 'an Ed25519 public key'],
  ])('fails when a public key is not one for %s', (algorithm, { publicKey }, needed) => {
    expect(start({ algorithms: [algorithm], publicKey: pem(publicKey) })).toThrow(
      `tokens signed with ${algorithm} need ${needed} to verify them`,
    );
  });

  it.each(['RS256', 'PS384', 'ES512', 'EdDSA'])('fails when a secret is to verify %s', (algorithm) => {
    expect(start({ algorithms: [algorithm], secret: 's' })).toThrow(`tokens signed with ${algorithm} need a`);
  });

  it('fails when one algorithm of several does not fit the key', () => {
    expect(start({ algorithms: ['RS256', 'HS256'], publicKey: pem(RSA.publicKey) })).toThrow(
      'HS256 need a secret',
    );
  });

  it('fails when published keys are to verify HS256', () => {
    expect(start({ algorithms: ['HS256'], jwksUrl: 'https://id.example.com/keys' })).toThrow('need a secret');
  });

  it('fails with an empty secret', () => {
    expect(start({ secret: '' })).toThrow('the secret that tokens are signed with is empty');
  });

  it('fails when the secret is a public key, which everyone knows', () => {
    expect(start({ secret: pem(RSA.publicKey) })).toThrow('the secret is a PEM key');
  });

  it('fails when the key is not PEM, and does not quote it', () => {
    const settings = { algorithms: ['RS256'], publicKey: 'private' };
    expect(start(settings)).toThrow(
      /^the key that tokens are verified with must be a PEM public key or certificate$/,
    );
  });

  it('fails without a key, and with more than one', () => {
    expect(start({})).toThrow('one of secret, publicKey, publicKeyFile and jwksUrl must be set');
    expect(start({ secret: 's', jwksUrl: 'https://id.example.com/keys' })).toThrow(
      'only one of secret, publicKey',
    );
  });

  it('fails when the file of the key is not there', () => {
    expect(start({ algorithms: ['RS256'], publicKeyFile: '/nowhere/key.pem' })).toThrow('/nowhere/key.pem');
  });

  it.each([
    'https://name:word@id.example.com/keys',
    'https://word@id.example.com/',
    'https://:word@id.example.com/',
    'ftp://id.example.com/keys',
    'word',
  ])('fails when keys are published at %s, and does not quote it', (jwksUrl) => {
    expect(start({ algorithms: ['RS256'], jwksUrl })).toThrow(
      /^jwksUrl must be an http or https URL without user and password$/,
    );
  });
});

describe('a file with a public key', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kittiwake-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('verifies tokens', async () => {
    const publicKeyFile = join(folder, 'key.pem');
    writeFileSync(publicKeyFile, pem(P256.publicKey));
    const verifiers = start({ algorithms: ['ES256'], publicKeyFile })() as ReturnType<typeof tokenVerifiers>;
    const sign = (key: KeyObject): string => signToken({ algorithm: 'ES256', key, claims: {} });
    await expect(verifiers.get('ES256')?.verify(sign(P256.privateKey))).resolves.toBeUndefined();
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await expect(verifiers.get('ES256')?.verify(sign(privateKey))).rejects.toThrow('invalid signature');
  });
});
