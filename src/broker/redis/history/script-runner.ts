import type { Redis } from 'ioredis';
import type { RedisScript } from './script.js';

/** Runs scripts of histories on the server that has them. */
export interface ScriptRunner {
  /**
   * Runs a script, with the identity of the server as its first argument. Calls that publish run in their order.
   * @throws Redis' error.
   */
  run(script: RedisScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
  /** Asks the server for something else. @throws Redis' error. */
  ask<T>(question: (client: Redis, identity: string) => Promise<T>): Promise<T>;
}
