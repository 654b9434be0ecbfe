import type { KeyObject } from 'node:crypto';
import { JwtService, type JwtModuleOptions, type JwtVerifyOptions } from '@nestjs/jwt';
import type { ClaimRules, TokenVerifier } from './token-verifier.js';

/** Verifies by Nest's JwtService with a key of our own: HS, RS, PS and ES algorithms. */
export class NestTokenVerifier implements TokenVerifier {
  private readonly jwt: JwtService;

  /** @param key a secret for HS algorithms, a public key for the others. */
  constructor(algorithm: string, key: KeyObject, { audience, issuer, clockToleranceMs }: ClaimRules) {
    const verifyOptions = {
      algorithms: [algorithm] as NonNullable<JwtVerifyOptions['algorithms']>,
      clockTolerance: clockToleranceMs / 1000,
      ...(audience !== undefined && { audience }),
      ...(issuer !== undefined && { issuer }),
    };
    const options: JwtModuleOptions = key.type === 'secret' ? { secret: key } : { publicKey: key };
    this.jwt = new JwtService({ ...options, verifyOptions });
  }

  async verify(token: string): Promise<void> {
    await this.jwt.verifyAsync(token);
  }
}
