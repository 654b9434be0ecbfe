import type { JwtSettings } from '../../config/sections/auth/jwt.settings.js';

/** Verifies JSON Web Tokens of one algorithm. */
export interface TokenVerifier {
  /**
   * Checks signature, `exp`, `nbf`, `aud` and `iss`. MUST refuse a token whose header names another algorithm.
   * @throws {CallbackError} when the keys could not be fetched.
   * @throws when the token is refused; the message of the error says why.
   */
  verify(token: string): Promise<void>;
}

/** The claims that a token must have. */
export type ClaimRules = Pick<JwtSettings, 'audience' | 'issuer' | 'clockToleranceMs'>;
