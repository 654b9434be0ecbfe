/** The rules for JSON Web Tokens. Exactly one of `secret`, `publicKey`, `publicKeyFile` and `jwksUrl` is given. */
export interface JwtRules {
  /** The algorithms that tokens may be signed with (RFC 7518 section 3.1, RFC 8037); never `none`. */
  readonly algorithms: readonly string[];
  /** The shared secret, for HS algorithms. */
  readonly secret?: string | undefined;
  /** The public key as PEM, for the other algorithms. */
  readonly publicKey?: string | undefined;
  /** A PEM file with the public key. */
  readonly publicKeyFile?: string | undefined;
  /** The URL at which the issuer publishes its public keys (RFC 7517 section 5). */
  readonly jwksUrl?: string | undefined;
  /** The age at which published keys are fetched again. */
  readonly jwksCacheMaxAgeMs: number;
  /** The least time between two fetches that tokens with unknown keys cause. */
  readonly jwksCooldownMs: number;
  /** The time for which old keys are used on while they cannot be fetched again. */
  readonly jwksStaleIfErrorMs: number;
  /** The audience (`aud`) that a token has to be for. */
  readonly audience?: string | undefined;
  /** The issuer (`iss`) that a token has to be from. */
  readonly issuer?: string | undefined;
  /** The fields of the identity, each with the claim it is taken from. */
  readonly fields: Readonly<Record<string, string>>;
  /** Whether a token has to say when it expires (`exp`). */
  readonly requireExpiry: boolean;
  /** The most by which the clocks of issuer and gateway may differ. */
  readonly clockToleranceMs: number;
}
