import type { Seat } from './seat.js';

/** The treatment of one seat too many: `reject` it; take it and `replace` the oldest; or take it and `count`. */
export type SeatMode = 'reject' | 'replace' | 'count';

/** The limit of the seats of one identity. */
export interface SeatRule {
  readonly max: number;
  readonly mode: SeatMode;
}

/** The outcome of a claim. */
export interface SeatClaim {
  /** Whether there are more than may be: where they are rejected, this one is not taken. */
  readonly isOver: boolean;
  /** The members in whose place this one is. */
  readonly replaced: readonly string[];
}

/**
 * Counts the seats of identities on all nodes. Of claims at the same time no more are taken than a rule allows. Seats of
 * a node that is gone do not count for longer than it takes to notice.
 */
export interface SeatStore {
  /** Claims a seat that this node's table has. @throws when the others cannot be counted. */
  claim(seat: Seat, rule: SeatRule): Promise<SeatClaim>;
  /** Gives a seat back. MUST NOT throw: what could not be given back is found to be gone. */
  release(seat: Seat): void;
  /** Says that this node is there, and has its seats. @throws when that cannot be said. */
  beat(): Promise<void>;
  /** Takes seats again that others may have forgotten. @throws as above. */
  restore(seats: Iterable<Seat>): Promise<void>;
  /** This node is going, and has none any more. MUST NOT throw. */
  end(): Promise<void>;
}

/** The injection token of the gateway's {@link SeatStore}. */
export const SEAT_STORE = Symbol('kittiwake:seat-store');
