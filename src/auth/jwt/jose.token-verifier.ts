import { jwtVerify, type JWTVerifyGetKey, type JWTVerifyOptions } from 'jose';
import type { ClaimRules, TokenVerifier } from './token-verifier.js';

/**
 * Verifies by jose: EdDSA, which jsonwebtoken lacks, and everything signed with published keys, which jose imports for
 * the token's algorithm alone, so that a key can serve no other.
 */
export class JoseTokenVerifier implements TokenVerifier {
  private readonly options: JWTVerifyOptions;

  constructor(
    algorithm: string,
    private readonly key: JWTVerifyGetKey,
    { audience, issuer, clockToleranceMs }: ClaimRules,
  ) {
    this.options = {
      algorithms: [algorithm],
      clockTolerance: clockToleranceMs / 1000,
      ...(audience !== undefined && { audience }),
      ...(issuer !== undefined && { issuer }),
    };
  }

  async verify(token: string): Promise<void> {
    await jwtVerify(token, this.key, this.options);
  }
}
