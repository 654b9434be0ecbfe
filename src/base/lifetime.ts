/** A part that starts with the gateway. */
export interface Startable {
  /** @throws when it cannot start, and the gateway cannot serve without it. */
  start(): Promise<void> | void;
}

/** A part that is told when the end begins, before clients are closed. */
export interface Closable {
  /** Resolves when what it has begun is done, within the time that shutdowns may take. */
  close(): Promise<void> | void;
}

/** A part that tells the app of ends. */
export interface Draining {
  /** Resolves when the app has been told of all. */
  drained(): Promise<void>;
}

/** A part that stops with the gateway, when all clients are gone. */
export interface Stoppable {
  stop(): Promise<void> | void;
}

/** The injection tokens of the ordered lists of these parts. */
export const STARTING = Symbol('kittiwake:starting');
export const CLOSING = Symbol('kittiwake:closing');
export const DRAINING = Symbol('kittiwake:draining');
export const STOPPING = Symbol('kittiwake:stopping');
