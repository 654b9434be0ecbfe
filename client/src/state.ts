/** `live` means that the gateway has said its first frame, not that a socket is open. Only the user leaves `closed`. */
export type State = 'idle' | 'connecting' | 'live' | 'waiting' | 'closed';

/**
 * Why it is so: what the user or an end of use did (`asked`, `idle`), what the network, the watch or the page did (`lost`,
 * `silent`, `frozen`, `online`), or what the gateway said: to come back (`server`), to authenticate anew
 * (`auth`), not to come back (`refused`).
 */
export type Reason =
  | 'asked'
  | 'idle'
  | 'lost'
  | 'silent'
  | 'offline'
  | 'online'
  | 'frozen'
  | 'server'
  | 'auth'
  | 'refused';

export interface StateInfo {
  readonly reason: Reason;
  /** The number of tries since it was last live. */
  readonly attempt: number;
  /** The time until it tries again, from `sinceMs` on. */
  readonly retryInMs?: number;
  /** The close code and text, or the text of what failed. */
  readonly code?: number;
  readonly text?: string;
  readonly transport?: string;
  /** By the clock of the client. */
  readonly sinceMs: number;
}
