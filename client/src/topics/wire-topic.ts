import type { BackOff } from '../back-off.js';
import type { KittiwakeError } from '../errors.js';
import type { Gap, Member, Meta, PresenceChange, Status, TopicEvent } from './topic-event.js';

/** How a topic stands with the gateway. */
export type Phase = 'off' | 'joining' | 'on' | 'leaving';

/** Whoever follows a topic. */
export interface Follower {
  happened(event: TopicEvent): void;
  turned(status: Status, error: KittiwakeError | undefined): void;
}

export interface WireOptions {
  readonly fields: object;
  readonly recover: boolean;
  presence: boolean;
}

/** So many updates after a state are kept for those who come later; beyond, the state is asked for anew. */
const MAX_LOG = 256;

/** One subscription on the wire, and all who follow it. */
export class WireTopic {
  readonly followers = new Set<Follower>();
  readonly fieldsText: string;
  phase: Phase = 'off';
  error: KittiwakeError | undefined;
  /** Who is there; undefined: it is not known. */
  members: Map<Member['key'], Member> | undefined;
  count: number | undefined;
  /** The number of the last frame about members. */
  seq: number | undefined;
  position: string | undefined;
  /** The event that asks for it, or for its end: replies to others are old. */
  askedId: number | undefined;
  /** It shall begin anew as soon as it has ended. */
  isAgain = false;
  timer: unknown;
  backOff: BackOff | undefined;
  #status: Status = 'joining';
  #log: TopicEvent[] | undefined = [];

  constructor(
    readonly name: string,
    readonly options: WireOptions,
  ) {
    this.fieldsText = JSON.stringify(options.fields);
  }

  get status(): Status {
    return this.#status;
  }

  /** The state and what came since, for one who comes later; undefined: too much came since. */
  get log(): readonly TopicEvent[] | undefined {
    return this.#log;
  }

  /** An element of `subscriptions`. */
  get element(): object {
    return {
      ...this.options.fields,
      subscription: this.name,
      ...(this.position && { position: this.position }),
    };
  }

  turn(status: Status, error?: KittiwakeError): void {
    if (status === 'stale' && this.#status === 'joining') return;
    if (this.#status === status) return;
    this.#status = status;
    this.error = error;
    for (const follower of Array.from(this.followers)) follower.turned(status, error);
  }

  state(state: unknown, meta: Meta): void {
    this.#log = [];
    this.#happened({ type: 'state', state, meta }, true);
  }

  update(data: unknown, meta: Meta): void {
    this.#happened(
      { type: 'update', data, meta },
      this.#log?.[0]?.type === 'state' && hasState(this.#log[0]),
    );
  }

  gap(gap: Gap): void {
    this.#happened({ type: 'gap', gap }, false);
  }

  presence(change: PresenceChange): void {
    const { members, join = [], leave = [], count } = change;
    this.count = count;
    if (members) this.members = new Map();
    else if (count !== undefined || !change.isShown) this.members = undefined;
    for (const member of [...(members ?? []), ...join]) this.members?.set(member.key, member);
    for (const key of leave) this.members?.delete(key);
    this.#happened({ type: 'presence', change }, false);
  }

  #happened(event: TopicEvent, isKept: boolean): void {
    if (isKept && this.#log && this.#log.push(event) > MAX_LOG) this.#log = undefined;
    for (const follower of Array.from(this.followers)) follower.happened(event);
  }
}

const hasState = (event: TopicEvent): boolean => event.type === 'state' && event.state !== undefined;
