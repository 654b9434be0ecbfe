import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { faultText } from '../../broker.error.js';
import { PUBLISH } from '../history/lua.js';
import { WRITE_CHANGES } from '../presence/lua.js';
import type { RedisScript } from '../history/script.js';
import type { ScriptRunner } from '../history/script-runner.js';

const TRIES = 6;
const FIRST_WAIT_MS = 25;
/** The keys of a slot that is on its way to another server are at two servers: neither can run the script. */
const IS_MOVING = /^(?:ASK|TRYAGAIN)\b/;

/** The scripts of a partition: while its slot moves they are tried again for a moment, which is enough for most slots. */
export class PatientScripts implements ScriptRunner {
  private last: Promise<unknown> = Promise.resolve();

  /** @param current those of the server that has the partition now. @throws {BrokerError} while none has. */
  constructor(private readonly current: () => ScriptRunner) {}

  run(script: RedisScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const run = (): Promise<unknown> => patiently(() => this.current().run(script, keys, args));
    if (script !== PUBLISH && script !== WRITE_CHANGES) return run();
    // One after another: what is tried again must not be overtaken.
    const running = this.last.then(run);
    this.last = running.catch(() => undefined);
    return running;
  }

  ask<T>(question: (client: Redis, identity: string) => Promise<T>): Promise<T> {
    return patiently(() => this.current().ask(question));
  }
}

/** Does something again for a moment while the slot moves. */
export async function patiently<T>(task: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await task();
    } catch (error) {
      if (tries === TRIES || !IS_MOVING.test(faultText(error))) throw error;
      await delay(FIRST_WAIT_MS * 2 ** (tries - 1), undefined, { ref: false });
    }
  }
}
