import type { Redis } from 'ioredis';
import type { RedisIdentity } from '../../../config/sections/broker/redis.settings.js';
import { faultText } from '../../broker.error.js';
import type { RedisScript } from './script.js';
import type { ScriptRunner } from './script-runner.js';

/** The receiver of the faults of scripts. */
export interface RedisScriptsListener {
  /** The connection is not to be used any more. */
  failed(fault: string): void;
  /** Redis has refused something. */
  refused(fault: string): void;
}

/**
 * The scripts on one connection. They are loaded when the first one is run, so that a gateway without histories and presence
 * needs no right to. They stay: one that Redis has forgotten is not loaded again on the same connection, since
 * what was sent after it would be there before it.
 */
export class RedisScripts implements ScriptRunner {
  private loaded: Promise<string> | undefined;

  constructor(
    private readonly client: Redis,
    private readonly identifying: RedisIdentity,
    private readonly scripts: readonly RedisScript[],
    private readonly listener: RedisScriptsListener,
  ) {}

  /** The name of the server. @throws Redis' error. */
  identity(): Promise<string> {
    this.loaded ??= this.load().catch((error) => {
      this.loaded = undefined;
      throw error;
    });
    return this.loaded;
  }

  /** See {@link ScriptRunner.run}. */
  run(script: RedisScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return this.ask(async (client, identity) =>
      client.evalsha(script.sha, keys.length, ...keys, identity, ...args),
    );
  }

  /** See {@link ScriptRunner.ask}. */
  async ask<T>(question: (client: Redis, identity: string) => Promise<T>): Promise<T> {
    try {
      return await question(this.client, await this.identity());
    } catch (error) {
      const fault = faultText(error);
      if (fault.startsWith('NOSCRIPT')) this.listener.failed('Redis has forgotten the scripts of histories');
      else this.listener.refused(fault);
      throw error;
    }
  }

  private async load(): Promise<string> {
    const { client, identifying, scripts } = this;
    const asked = identifying === 'none' ? Promise.resolve('') : client.info('server');
    const loading = scripts.map(({ text }) => client.script('LOAD', text));
    const [info] = await Promise.all([asked, ...loading]);
    return /^run_id:(\w{1,16})/m.exec(info)?.[1] ?? '-';
  }
}
