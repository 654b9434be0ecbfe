import type { KeyObject } from 'node:crypto';
import type { JwtSettings } from '../../config/sections/auth/jwt.settings.js';
import { JoseTokenVerifier } from './jose.token-verifier.js';
import { checkKey, checkPublished, readPublicKey, readPublicKeyFile, readSecret } from './jwt-keys.js';
import { NestTokenVerifier } from './nest.token-verifier.js';
import { PublishedKeys } from './published-keys.js';
import type { TokenVerifier } from './token-verifier.js';

type VerifierFor = (algorithm: string) => TokenVerifier;

/**
 * Makes a verifier for each allowed algorithm, with a key that was checked to be of its kind: the algorithm that a
 * token names only chooses among them, and cannot have a public key taken for a secret.
 * @throws when the settings are unusable.
 */
export function tokenVerifiers(settings: JwtSettings): ReadonlyMap<string, TokenVerifier> {
  if (settings.algorithms.length === 0)
    throw new Error('algorithms must name what tokens may be signed with');
  const verifierFor = verifiers(settings);
  return new Map(settings.algorithms.map((algorithm) => [algorithm, verifierFor(algorithm)]));
}

function verifiers(settings: JwtSettings): VerifierFor {
  const { secret, publicKey, publicKeyFile, jwksUrl } = settings;
  const sources = [secret, publicKey, publicKeyFile, jwksUrl].filter((source) => source !== undefined);
  if (sources.length > 1)
    throw new Error('only one of secret, publicKey, publicKeyFile and jwksUrl can be set');
  if (secret !== undefined) return withKey(readSecret(secret), settings);
  if (publicKey !== undefined) return withKey(readPublicKey(publicKey), settings);
  if (publicKeyFile !== undefined) return withKey(readPublicKeyFile(publicKeyFile), settings);
  if (jwksUrl !== undefined) return withPublishedKeys(jwksUrl, settings);
  throw new Error('one of secret, publicKey, publicKeyFile and jwksUrl must be set to verify tokens');
}

function withKey(key: KeyObject, settings: JwtSettings): VerifierFor {
  return (algorithm) => {
    checkKey(algorithm, key);
    if (algorithm !== 'EdDSA') return new NestTokenVerifier(algorithm, key, settings);
    return new JoseTokenVerifier(algorithm, () => key, settings);
  };
}

function withPublishedKeys(url: string, settings: JwtSettings): VerifierFor {
  const keys = new PublishedKeys(url, settings);
  return (algorithm) => {
    checkPublished(algorithm);
    return new JoseTokenVerifier(algorithm, (header, token) => keys.keyOf(header, token), settings);
  };
}
