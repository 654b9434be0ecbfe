import type { JsonMembers } from '../../protocol/json/json.js';
import { valueOf } from '../../protocol/json/json.js';
import { ClientSelectionError, readSelection } from '../client-selection.js';
import { MAX_REVOKED_LENGTH } from './revocation.js';

/** Ten years: nobody means more. */
const MAX_TTL_S = 315_360_000;

/** The proofs to be revoked. */
export type RevocationWish = (
  | { readonly tokenId: string }
  | {
      /** Canonical JSON of the field that says whose a client is. */
      readonly identity: string;
      /** Only proofs that were issued until then, in milliseconds since the epoch. Default: now. */
      readonly issuedUntilMs?: number | undefined;
    }
) & {
  /** For how long it is remembered, in milliseconds. Default: `auth.revocationTtl`. */
  readonly ttlMs?: number | undefined;
};

/**
 * Reads a wish in its wire form: `{"token_id": "…"}` or `{"identity": …, "issued_until": …}`, and `"ttl"`; times are in
 * seconds, as in tokens.
 * @throws {ClientSelectionError} when it is wrong.
 */
export function readWish(members: JsonMembers): RevocationWish {
  const { identity, tokenId, connection, subject } = readSelection(members, ['issued_until', 'ttl']);
  if (connection !== undefined || subject || (identity === undefined) === (tokenId === undefined))
    throw new ClientSelectionError('say what: either identity or token_id');
  if ((identity ?? tokenId ?? '').length > MAX_REVOKED_LENGTH)
    throw new ClientSelectionError(`what is revoked must not exceed ${MAX_REVOKED_LENGTH} characters`);
  const ttlMs = secondsIn(members, 'ttl', MAX_TTL_S);
  const issuedUntilMs = secondsIn(members, 'issued_until');
  if (identity !== undefined) return { identity, issuedUntilMs, ttlMs };
  if (issuedUntilMs !== undefined) throw new ClientSelectionError('issued_until is for identities');
  return { tokenId: tokenId!, ttlMs };
}

/** As milliseconds. */
function secondsIn(
  members: JsonMembers,
  name: string,
  max = Number.MAX_SAFE_INTEGER / 1000,
): number | undefined {
  const text = members.get(name);
  if (text === undefined) return undefined;
  const value = valueOf(text);
  if (typeof value !== 'number' || !(value > 0 && value <= max))
    throw new ClientSelectionError(`${name} must be a number of seconds above 0, up to ${max}`);
  return Math.ceil(value * 1000);
}
