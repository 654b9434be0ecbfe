import type { Redis } from 'ioredis';

/** Keys that are on one server at a time. */
export interface KeySlot {
  /** The beginning of their names. */
  readonly prefix: string;
  /**
   * Asks the server that has them.
   * @throws {BrokerError} while there is none. @throws Redis' error.
   */
  ask<T>(question: (client: Redis) => Promise<T>): Promise<T>;
}

/** A Redis that a broker speaks through, for others that keep something there. */
export interface KeySlots {
  /** The slot for what has this name: always the same, on every node. */
  of(name: string): KeySlot;
}
