/** A part that begins with the gateway. */
export interface Startable {
  /** @throws when the gateway cannot serve without it, and it cannot begin. */
  start(): Promise<void> | void;
}

/** A part that has the app told of what ends. */
export interface Draining {
  /** Resolves when nothing is left to tell. */
  drained(): Promise<void>;
}

/** A part that ends with the gateway, when all clients are gone. */
export interface Stoppable {
  stop(): Promise<void> | void;
}

/** The injection tokens of the ordered lists of such parts. */
export const STARTING = Symbol('kittiwake:starting');
export const DRAINING = Symbol('kittiwake:draining');
export const STOPPING = Symbol('kittiwake:stopping');
