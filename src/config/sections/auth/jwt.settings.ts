import { texts, textMap } from '../../kinds/collection.kind.js';
import type { TextFormat } from '../../kinds/kind.js';
import { duration } from '../../kinds/number.kind.js';
import { Rule, Setting, type Disagreement } from '../../kinds/setting.decorator.js';
import { FILE, FILLED_TEXT, HTTP_URL, PUBLIC_KEY } from '../../kinds/text-format.js';
import { flag, text } from '../../kinds/text.kind.js';

/** The algorithms that a token may be signed with (RFC 7518 section 3.1, RFC 8037); never `none`. */
export const JWT_ALGORITHMS = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'EdDSA',
] as const;
export type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number];

const ALGORITHM: TextFormat = {
  name: 'algorithm',
  expected: `one of ${JWT_ALGORITHMS.join(', ')}`,
  accepts: (text) => new Set<string>(JWT_ALGORITHMS).has(text),
};

const KEY_SOURCES = ['secret', 'publicKey', 'publicKeyFile', 'jwksUrl'] as const;

/** Authentication by a JSON Web Token, which the gateway verifies itself. */
@Rule(oneKeySource)
@Rule(algorithmsFitKey)
export class JwtSettings {
  @Setting({
    kind: texts(ALGORITHM, { isFilled: true }),
    about: `The algorithms that tokens may be signed with: ${JWT_ALGORITHMS.join(', ')}.`,
  })
  readonly algorithms!: readonly JwtAlgorithm[];

  @Setting({
    kind: text(FILLED_TEXT),
    optional: true,
    secret: true,
    about: 'The shared secret, for HS algorithms.',
  })
  readonly secret?: string;

  @Setting({
    kind: text(PUBLIC_KEY),
    optional: true,
    about: 'The public key as PEM, for the other algorithms.',
  })
  readonly publicKey?: string;

  @Setting({ kind: text(FILE), optional: true, isRead: true, about: 'A PEM file with the public key.' })
  readonly publicKeyFile?: string;

  @Setting({
    kind: text(HTTP_URL),
    optional: true,
    about: 'Where the issuer publishes its public keys (JWKS).',
  })
  readonly jwksUrl?: string;

  @Setting({ kind: duration({ min: 1 }), about: 'After this long the published keys are fetched again.' })
  readonly jwksCacheMaxAgeMs: number = 600_000;

  @Setting({
    kind: duration(),
    about:
      'The least time between two fetches that tokens with unknown keys cause, or that follow a failed one.',
  })
  readonly jwksCooldownMs: number = 30_000;

  @Setting({
    kind: duration(),
    about: 'For how long published keys are used beyond `jwksCacheMaxAge` when they cannot be fetched again.',
  })
  readonly jwksStaleIfErrorMs: number = 3_600_000;

  @Setting({
    kind: text(FILLED_TEXT),
    optional: true,
    about: 'The audience (`aud`) that a token has to be for.',
  })
  readonly audience?: string;

  @Setting({
    kind: text(FILLED_TEXT),
    optional: true,
    about: 'The issuer (`iss`) that a token has to be from.',
  })
  readonly issuer?: string;

  @Setting({
    kind: textMap(FILLED_TEXT, FILLED_TEXT, { isFilled: true }),
    about: 'The fields of the identity, each with the claim it is taken from.',
  })
  readonly fields: Readonly<Record<string, string>> = { user_id: 'sub' };

  @Setting({
    kind: flag(),
    about: 'Whether a token has to say when it expires (`exp`). One that does not is valid for ever.',
  })
  readonly requireExpiry: boolean = true;

  @Setting({ kind: duration(), about: 'How far the clocks of issuer and gateway may be apart.' })
  readonly clockToleranceMs: number = 5_000;
}

function oneKeySource(jwt: JwtSettings): Disagreement | undefined {
  const sources = KEY_SOURCES.filter((source) => jwt[source] !== undefined);
  if (sources.length === 1) return undefined;
  return { found: sources.join(' and ') || 'no key', expected: `exactly one of ${KEY_SOURCES.join(', ')}` };
}

/** A public key is no secret: were HS allowed with it, anyone could sign with it. */
function algorithmsFitKey(jwt: JwtSettings): Disagreement | undefined {
  const isShared = jwt.secret !== undefined;
  const misfits = jwt.algorithms.filter((algorithm) => algorithm.startsWith('HS') !== isShared);
  if (misfits.length === 0) return undefined;
  return {
    key: 'algorithms',
    found: misfits.join(', '),
    expected: isShared ? 'only HS algorithms with a secret' : 'no HS algorithm with a public key',
  };
}
