import { CompactSign } from 'jose';
import { createPrivateKey, createSecretKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { messageOf } from '../../base/message-of.js';
import { parseDuration } from '../../config/kinds/duration.js';
import type { JwtSettings } from '../../config/sections/auth/jwt.settings.js';
import { richJsonText } from '../../protocol/json/rich-json.js';
import { CommandError } from '../command-error.js';

/** The parameters of a token to be made. */
export interface TokenWishes {
  readonly claims: Readonly<Record<string, unknown>>;
  /** A duration; `0s`: no expiry, if the configuration allows that. */
  readonly expires: string;
  readonly algorithm?: string;
  readonly keyFile?: string;
  readonly keyId?: string;
}

/**
 * Makes a signed token with the claims that section `auth.jwt`, if there is one, requires.
 * @throws {CommandError} when it cannot be made, or would be refused.
 */
export async function makeToken(wishes: TokenWishes, jwt: JwtSettings | undefined): Promise<string> {
  const alg = wishes.algorithm ?? jwt?.algorithms[0] ?? 'HS256';
  if (jwt && !jwt.algorithms.some((allowed) => allowed === alg))
    throw new CommandError(`${alg} is not among auth.jwt.algorithms: ${jwt.algorithms.join(', ')}`);
  const payload = { ...standardClaims(wishes.expires, jwt), ...wishes.claims };
  for (const [field, claim] of Object.entries(jwt?.fields ?? {}))
    if (!Object.hasOwn(payload, claim))
      throw new CommandError(`--claim ${claim}=... is missing: auth.jwt.fields has ${field} from it`);
  const header = { alg, typ: 'JWT', ...(wishes.keyId !== undefined && { kid: wishes.keyId }) };
  try {
    const key = signingKey(wishes.keyFile, jwt?.secret);
    return await new CompactSign(Buffer.from(richJsonText(payload))).setProtectedHeader(header).sign(key);
  } catch (cause) {
    throw cause instanceof CommandError ? cause : new CommandError(messageOf(cause), undefined, { cause });
  }
}

function standardClaims(expires: string, jwt: JwtSettings | undefined): Record<string, unknown> {
  const lifeMs = parseDuration(expires);
  if (lifeMs === undefined) throw new CommandError(`--expires is not a duration such as 15m: ${expires}`);
  if (lifeMs === 0 && jwt?.requireExpiry === true)
    throw new CommandError(
      '--expires 0s makes a token that would be refused: give a duration such as 15m, or set auth.jwt.requireExpiry: false',
    );
  const now = Math.floor(Date.now() / 1_000);
  return {
    iat: now,
    ...(lifeMs > 0 && { exp: now + Math.ceil(lifeMs / 1_000) }),
    ...(jwt?.issuer !== undefined && { iss: jwt.issuer }),
    ...(jwt?.audience !== undefined && { aud: jwt.audience }),
  };
}

function signingKey(keyFile: string | undefined, secret: string | undefined): KeyObject {
  if (keyFile !== undefined) return createPrivateKey(readFileSync(keyFile));
  if (secret !== undefined) return createSecretKey(Buffer.from(secret));
  throw new CommandError('the configuration has no auth.jwt.secret: --key-file names the private key');
}
