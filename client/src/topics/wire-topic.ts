import type { KittiwakeError } from '../errors.js';
import type { Member, Status, TopicEvent } from './topic-event.js';

/** News for a follower: what happens to a topic, and how it stands. */
export type Told =
  | TopicEvent
  | { readonly type: 'status'; readonly status: Status; readonly error?: KittiwakeError | undefined };

/** Whoever follows a topic. */
export type Follower = (told: Told) => void;

/** The request for it. Another object is another wish: the old one is left then, and it is asked for anew. */
export interface Wish {
  readonly fields: object;
  readonly recover: boolean;
  readonly presence: boolean;
}

/** An event, as it is kept for those who come later. */
export type Logged = TopicEvent & { readonly state?: unknown };

/** The differences between topics and rooms on the wire. */
export interface TopicKind {
  /** The events that begin and end one, and those that bring its data. */
  readonly events: readonly [join: string, leave: string, data: string];
  /** The member of frames that says what they are about. */
  readonly key: 'subscription' | 'ref';
  /** Whether it begins with a state, which stands for all that was missed. */
  readonly hasState: boolean;
  /** Several that are asked for at once, by those that go in one event. */
  groups(wires: WireTopic[]): WireTopic[][];
  /** The members of an event about these. */
  about(wires: WireTopic[], isJoin: boolean): object;
}

/** One subscription on the wire, and all who follow it. */
export interface WireTopic {
  readonly name: string;
  /** The gateway's name for it. */
  ref?: unknown;
  readonly followers: Set<Follower>;
  wish: Wish;
  status: Status;
  error?: KittiwakeError | undefined;
  /** The state and what came since, for one who comes later; undefined: too much came since. */
  log: Logged[] | undefined;
  /** The members; undefined: not known. */
  members?: Map<Member['key'], Member> | undefined;
  count?: number | undefined;
  /** The number of the last frame about members. */
  seq?: unknown;
  position?: string | undefined;
  /** The event under way about it: replies to others are old. 0: none. */
  askedId: number;
  /** The wish that the gateway has, or is asked for. */
  has?: Wish | undefined;
  /** It is to be asked for. */
  isDue: boolean;
  /** The app does not let it go. */
  isKept?: boolean;
  /** Updates may have come that were not told. */
  isLost?: boolean;
  timer?: unknown;
  tries: number;
}

/** So many updates after a state are kept for those who come later; beyond, the state is asked for anew. */
const MAX_LOG = 256;

export const elementOf = ({ wish, name, position }: WireTopic): object => ({
  ...wish.fields,
  subscription: name,
  position,
});

export function tell(wire: WireTopic, told: Told): void {
  for (const follower of Array.from(wire.followers)) follower(told);
}

export function turn(wire: WireTopic, status: Status, error?: KittiwakeError): void {
  if (status === wire.status || (status === 'stale' && wire.status === 'joining')) return;
  wire.status = status;
  wire.error = error;
  tell(wire, { type: 'status', status, error });
}

/** A state replaces whatever came before, and without one updates mean nothing to one who comes later. */
export function happen(wire: WireTopic, event: Logged): void {
  if (event.type === 'state') wire.log = [event];
  else if (wire.log?.[0]?.state !== undefined && wire.log.push(event) > MAX_LOG) wire.log = undefined;
  tell(wire, event);
}
