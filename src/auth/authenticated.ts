import type { JsonMembers } from '../protocol/json/json.js';

/** Who a client has proved to be. */
export interface Authenticated {
  /** The fields that every callback and filter sees from now on. */
  readonly identity: JsonMembers;
  /** When the proof loses its force, in milliseconds since the epoch; the session ends then unless it is renewed. */
  readonly expiresAtMs?: number | undefined;
}
