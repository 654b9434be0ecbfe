import { constants, createHmac, sign, type KeyObject } from 'node:crypto';

export interface TokenOptions {
  /** RS256, ES512, EdDSA, …; signs as it says. */
  readonly algorithm: string;
  /** A secret for HS algorithms, a private key for the others. */
  readonly key: KeyObject | string;
  /** An object, or the text of the payload. */
  readonly claims: object | string;
  /** Further members of the header, winning over `alg`. */
  readonly header?: object;
}

const LIFE_S = 3600;

/**
 * A JSON Web Token made with node:crypto alone, so that it depends on nothing that verifies it. It expires in an hour, if
 * its claims, being an object, do not say otherwise; `exp: undefined` leaves it out.
 */
export function signToken({ algorithm, key, claims, header }: TokenOptions): string {
  const head = encode(JSON.stringify({ alg: algorithm, typ: 'JWT', ...header }));
  const input = `${head}.${encode(typeof claims === 'string' ? claims : JSON.stringify(withExpiry(claims)))}`;
  return `${input}.${signature(algorithm, key, Buffer.from(input)).toString('base64url')}`;
}

function signature(algorithm: string, key: KeyObject | string, input: Buffer): Buffer {
  if (algorithm === 'EdDSA') return sign(null, input, key);
  const hash = `sha${algorithm.slice(2)}`;
  if (algorithm.startsWith('HS')) return createHmac(hash, key).update(input).digest();
  if (typeof key === 'string') throw new Error(`${algorithm} signs with a private key`);
  if (algorithm.startsWith('ES')) return sign(hash, input, { key, dsaEncoding: 'ieee-p1363' });
  if (algorithm.startsWith('RS')) return sign(hash, input, key);
  const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_DIGEST: saltLength } = constants;
  return sign(hash, input, { key, padding, saltLength });
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}

function withExpiry(claims: object): object {
  return Array.isArray(claims) ? claims : { exp: Math.floor(Date.now() / 1000) + LIFE_S, ...claims };
}
