import type { JwtSettings } from '../../config/sections/auth/jwt.settings.js';
import { CallbackError, ClientError } from '../../protocol/errors.js';
import { isFalsy, valueOf, type JsonMembers, type JsonText } from '../../protocol/json/json.js';
import type { Authenticated } from '../authenticated.js';
import type { Authenticator } from '../authenticator.js';
import { Jwt, TokenError } from './jwt.js';
import type { TokenVerifier } from './token-verifier.js';
import { tokenVerifiers } from './token-verifiers.js';

const USER_ID = 'user_id';

/** Authenticates by a JSON Web Token (RFC 7519): `{"event": "auth", "method": "jwt", "token": …}`. */
export class JwtAuthenticator implements Authenticator {
  private readonly verifiers: ReadonlyMap<string, TokenVerifier>;
  private readonly fields: readonly (readonly [field: string, claim: string])[];

  /** @throws when the settings are unusable: an unknown algorithm, or a key that is not one for it. */
  constructor(private readonly settings: JwtSettings) {
    this.verifiers = tokenVerifiers(settings);
    this.fields = Object.entries(settings.fields);
  }

  async authenticate(event: ReadonlyMap<string, JsonText>): Promise<Authenticated> {
    const token = event.get('token');
    if (token === undefined || isFalsy(token)) throw new ClientError('token_missing', 'Must specify token.');
    const text = valueOf(token);
    if (typeof text !== 'string') throw refused('not a string');
    return this.identify(text);
  }

  /**
   * Verifies a token. An empty `user_id` (0, `""`, null or false) is refused. `expiresAtMs` of the result is `exp` plus
   * the clock tolerance.
   * @throws {ClientError} when it is refused. The cause says why, without quoting the token.
   * @throws {CallbackError} when the keys could not be fetched.
   */
  async identify(token: string): Promise<Authenticated> {
    try {
      const jwt = Jwt.parse(token);
      const verifier = this.verifiers.get(jwt.algorithm);
      if (!verifier) throw new TokenError('signed with an algorithm that is not allowed');
      await verifier.verify(token);
      this.checkClaims(jwt.claims);
      return this.authenticated(jwt.claims);
    } catch (error) {
      if (error instanceof CallbackError) throw error;
      throw refused((error as Error).message);
    }
  }

  /** Checks what the libraries leave out or check inexactly. */
  private checkClaims(claims: JsonMembers): void {
    const { audience, clockToleranceMs, requireExpiry } = this.settings;
    const nowMs = Date.now();
    const [issuedAtMs, expiresAtMs] = [millisecondsOf(claims, 'iat'), millisecondsOf(claims, 'exp')];
    if (Number.isNaN(issuedAtMs)) throw new TokenError('iat is not a number');
    if (issuedAtMs !== undefined && issuedAtMs - clockToleranceMs > nowMs)
      throw new TokenError('issued in the future');
    if (expiresAtMs === undefined && requireExpiry)
      throw new TokenError('exp is missing (auth.jwt.requireExpiry)');
    if (expiresAtMs !== undefined && expiresAtMs + clockToleranceMs <= nowMs) throw new TokenError('expired');
    // RFC 7519 section 4.1.3: a recipient that does not find itself in the audience rejects the token.
    if (audience === undefined && claims.has('aud'))
      throw new TokenError('made for an audience, and none is configured');
  }

  private authenticated(claims: JsonMembers): Authenticated {
    const identity: JsonMembers = new Map();
    for (const [field, claim] of this.fields) {
      const value = claims.get(claim);
      if (value === undefined) throw new TokenError(`the claim ${claim} is missing`);
      if (field === USER_ID && isFalsy(value)) throw new TokenError(`the claim ${claim} is empty`);
      identity.set(field, value);
    }
    const expiresAtMs = millisecondsOf(claims, 'exp');
    return {
      identity,
      expiresAtMs: expiresAtMs === undefined ? undefined : expiresAtMs + this.settings.clockToleranceMs,
      tokenId: tokenIdOf(claims),
      issuedAtMs: millisecondsOf(claims, 'iat') ?? 0,
    };
  }
}

/** A claim that is a time in seconds; NaN for what is none. */
function millisecondsOf(claims: JsonMembers, claim: string): number | undefined {
  const value = claims.get(claim);
  return value === undefined ? undefined : Number(value) * 1000;
}

/** RFC 7519 section 4.1.7 has it a text; some issuers make it a number. */
function tokenIdOf(claims: JsonMembers): string | undefined {
  const text = claims.get('jti');
  if (text === undefined) return undefined;
  const id = valueOf(text);
  return typeof id === 'string' ? id : text;
}

/** Only the message of the cause: errors of the libraries carry the claims with them. */
function refused(reason: string): ClientError {
  return new ClientError('authentication_failed', 'Authentication failed.', {
    cause: new TokenError(reason),
  });
}
