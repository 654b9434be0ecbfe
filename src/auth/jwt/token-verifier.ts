/** Verifies JSON Web Tokens of one algorithm. */
export interface TokenVerifier {
  /**
   * Checks signature, `exp`, `nbf`, `aud` and `iss`. MUST refuse a token whose header names another algorithm.
   * @throws {CallbackError} when the keys could not be fetched.
   * @throws whatever says why the token is refused.
   */
  verify(token: string): Promise<void>;
}

/** What a token has to claim. */
export interface ClaimRules {
  readonly audience?: string | undefined;
  readonly issuer?: string | undefined;
  /** How far the clocks of issuer and gateway may be apart. */
  readonly clockToleranceMs: number;
}
