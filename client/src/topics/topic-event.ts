/** `stale`: it was live, and what is there may be old. `ended`: nothing comes any more. */
export type Status = 'joining' | 'live' | 'stale' | 'ended';

export interface Meta {
  /** Its position in the history of the topic, if the service keeps one. An opaque text. */
  readonly position?: string;
  /** The time of publication, by the app's own word. */
  readonly publishedAt?: string;
}

/**
 * Updates are missing here. `unrecovered`: the connection was away, and the gateway cannot say what came meanwhile; `why`
 * is its word for that, if it has a history. `dropped`: this client did not keep up.
 */
export type Gap =
  | { readonly reason: 'unrecovered'; readonly why?: string }
  | { readonly reason: 'dropped'; readonly count: number };

/** One who is there, as the app shows it. */
export interface Member<P = unknown> {
  readonly key: string | number;
  readonly info: P;
}

/** News of members: all of them in place of those before, or who has come and gone; or only their number. */
export interface PresenceChange<P = unknown> {
  readonly members?: readonly Member<P>[];
  /** Those who have come, or are shown otherwise than before. */
  readonly join?: readonly Member<P>[];
  readonly leave?: readonly (string | number)[];
  readonly count?: number;
  /** False: this client may not see it. */
  readonly isShown: boolean;
}

/** Everything that happens to a topic, in the order in which it happened. A state replaces whatever came before. */
export type TopicEvent<St = unknown, U = unknown, P = unknown> =
  | { readonly type: 'state'; readonly state: St; readonly meta: Meta }
  | { readonly type: 'update'; readonly data: U; readonly meta: Meta }
  | { readonly type: 'gap'; readonly gap: Gap }
  | { readonly type: 'presence'; readonly change: PresenceChange<P> };
