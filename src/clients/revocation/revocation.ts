/** The longest identity or token id that can be revoked, in characters: every node keeps it. */
export const MAX_REVOKED_LENGTH = 1_024;

/** Proofs that count no more, and for how long that is remembered: times are milliseconds since the epoch. */
export type Revocation =
  | { readonly tokenId: string; readonly untilMs: number }
  | {
      /** Canonical JSON of the field that says whose a client is. */
      readonly identity: string;
      /** Proofs that were issued until then. */
      readonly issuedUntilMs: number;
      readonly untilMs: number;
    };

/** A proof that can be revoked. */
export interface Revocable {
  readonly identity?: string | undefined;
  readonly tokenId?: string | undefined;
  readonly provedAtMs: number;
}

/** A revocation as text, the same for the same. */
export function revocationText(revocation: Revocation): string {
  return JSON.stringify(
    'tokenId' in revocation
      ? ['token', revocation.tokenId, revocation.untilMs]
      : ['identity', revocation.identity, revocation.untilMs, revocation.issuedUntilMs],
  );
}

/** The revocation in a text; nothing when there is none, for others may write where it is kept. */
export function revocationIn(text: unknown): Revocation | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    return revocationOf(JSON.parse(text));
  } catch {
    return undefined; // not JSON, and so not from a node
  }
}

function revocationOf(value: unknown): Revocation | undefined {
  if (!Array.isArray(value)) return undefined;
  const [kind, whose, untilMs, issuedUntilMs] = value as unknown[];
  if (typeof whose !== 'string' || typeof untilMs !== 'number') return undefined;
  if (kind === 'token') return { tokenId: whose, untilMs };
  if (kind !== 'identity' || typeof issuedUntilMs !== 'number') return undefined;
  return { identity: whose, issuedUntilMs, untilMs };
}
