import type { JsonMembers } from '../protocol/json/json.js';

/** The identity that a client has proved. */
export interface Authenticated {
  /** The fields that every callback and filter sees from now on. */
  readonly identity: JsonMembers;
  /** The expiry of the proof, in milliseconds since the epoch; the session ends then unless it is renewed. */
  readonly expiresAtMs?: number | undefined;
  /** The id of the proof (`jti`), if it has one. */
  readonly tokenId?: string | undefined;
  /** The time of issue of the proof, in milliseconds since the epoch; 0 when it does not say. Absent: just now. */
  readonly issuedAtMs?: number | undefined;
}
