import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The kind of key that signatures of an algorithm are verified with. */
interface KeyKind {
  readonly expected: string;
  fits(key: KeyObject): boolean;
}

/** RFC 7518 section 3.3. */
const MIN_RSA_BITS = 2048;

const SECRET: KeyKind = { expected: 'a secret', fits: (key) => key.type === 'secret' };
const RSA: KeyKind = {
  expected: `an RSA public key of at least ${MIN_RSA_BITS} bits`,
  fits: (key) => key.asymmetricKeyType === 'rsa' && isLong(key),
};
const ED25519: KeyKind = {
  expected: 'an Ed25519 public key',
  fits: (key) => key.asymmetricKeyType === 'ed25519',
};

/** RFC 7518 section 3.1, RFC 8037 section 3.1. */
const KEY_KINDS: ReadonlyMap<string, KeyKind> = new Map([
  ['HS256', SECRET],
  ['HS384', SECRET],
  ['HS512', SECRET],
  ['RS256', RSA],
  ['RS384', RSA],
  ['RS512', RSA],
  ['PS256', pss('sha256')],
  ['PS384', pss('sha384')],
  ['PS512', pss('sha512')],
  ['ES256', onCurve('P-256', 'prime256v1')],
  ['ES384', onCurve('P-384', 'secp384r1')],
  ['ES512', onCurve('P-521', 'secp521r1')],
  ['EdDSA', ED25519],
]);

/** @throws when the algorithm is unknown, as `none` is, or is not verified with a key of this kind. */
export function checkKey(algorithm: string, key: KeyObject): void {
  const kind = kindFor(algorithm);
  if (!kind.fits(key))
    throw new Error(`tokens signed with ${algorithm} need ${kind.expected} to verify them`);
}

/** @throws when the algorithm is unknown, as `none` is, or is verified with a secret, which nobody publishes. */
export function checkPublished(algorithm: string): void {
  if (kindFor(algorithm) === SECRET)
    throw new Error(`tokens signed with ${algorithm} need a secret, not jwksUrl`);
}

/** @throws when the secret is empty or is a PEM key, which may be public. */
export function readSecret(secret: string): KeyObject {
  if (secret === '') throw new Error('the secret that tokens are signed with is empty');
  if (secret.includes('-----BEGIN '))
    throw new Error('the secret is a PEM key: a public one is set as publicKey');
  return createSecretKey(Buffer.from(secret));
}

/** @throws when no public key can be read from it. The cause is left out: it could tell of a private key. */
export function readPublicKey(pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch {
    throw new Error('the key that tokens are verified with must be a PEM public key or certificate');
  }
}

/** @throws when the file cannot be read or holds no public key. */
export function readPublicKeyFile(path: string): KeyObject {
  return readPublicKey(readFileSync(path, 'utf8'));
}

function kindFor(algorithm: string): KeyKind {
  const kind = KEY_KINDS.get(algorithm);
  if (kind) return kind;
  const known = [...KEY_KINDS.keys()].join(', ');
  throw new Error(`tokens cannot be verified that are signed with ${algorithm}; algorithms can be ${known}`);
}

function isLong({ asymmetricKeyDetails }: KeyObject): boolean {
  return (asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS;
}

/** An RSA-PSS key is bound to its hash. */
function pss(hash: string): KeyKind {
  const isBoundTo = ({ asymmetricKeyType, asymmetricKeyDetails: details }: KeyObject): boolean =>
    asymmetricKeyType === 'rsa-pss' && details?.hashAlgorithm === hash && details.mgf1HashAlgorithm === hash;
  return {
    expected: `${RSA.expected}, or an RSA-PSS one for ${hash}`,
    fits: (key) => RSA.fits(key) || (isBoundTo(key) && isLong(key)),
  };
}

function onCurve(curve: string, name: string): KeyKind {
  return {
    expected: `a public key on the curve ${curve}`,
    fits: ({ asymmetricKeyDetails }) => asymmetricKeyDetails?.namedCurve === name,
  };
}
