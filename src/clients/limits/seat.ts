/** The kinds of seats, each with its own limit. */
export type SeatKind = 'connections' | 'subscriptions';

/** One of those that an identity has. */
export interface Seat {
  readonly kind: SeatKind;
  /** Canonical JSON of the field that says whose it is. */
  readonly identity: string;
  /** `<node> <number>`: tells it apart from all others of all nodes. */
  readonly member: string;
  /** The time of taking, in milliseconds since the epoch. */
  readonly atMs: number;
  /** Whether it is: not as long as it is claimed. */
  isTaken: boolean;
  /** Closes whoever has it, for a newer one. */
  replace(): void;
  /** Gives it back; twice is once. */
  release(): void;
}

/** The node that a seat is on. */
export function nodeOf(member: string): string {
  return member.slice(0, member.indexOf(' '));
}
