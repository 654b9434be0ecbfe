import { Position } from '../../../protocol/position.js';
import { BrokerError } from '../../broker.error.js';
import { TOP_TTL_MS } from '../../memory.history.js';
import { Due } from './due.js';
import type { HistoryKeys } from './keys.js';
import { TOUCH } from './lua.js';
import type { ScriptRunner } from './script-runner.js';
import type { HistoryServer } from './server.js';

const TOUCH_PERIOD_MS = TOP_TTL_MS / 2;

/** Compares where the histories of one slot are, and keeps those that are in use from being forgotten. */
export class Tops {
  private readonly touches = new Due();

  constructor(
    private readonly keys: HistoryKeys,
    private readonly server: HistoryServer,
  ) {}

  /** See `BrokerHistory.tops`. @throws {BrokerError} */
  async of(channels: readonly string[], areInUse: boolean): Promise<readonly (Position | undefined)[]> {
    const scripts = this.server.scripts('read the history');
    try {
      const names = channels.map((channel) => this.keys.top(channel));
      const positions = await scripts.ask(async (client, identity) => {
        const [kept, ...numbers] = await client.mget(this.keys.epoch, ...names);
        // Of another server: what it has may be less.
        if (!kept?.startsWith(`${identity} `)) return channels.map(() => undefined);
        const epoch = kept.slice(identity.length + 1);
        return numbers.map((number) => (number === null ? undefined : new Position(epoch, Number(number))));
      });
      const known = names.filter((_, index) => positions[index]);
      if (areInUse) await this.touch(scripts, known);
      return positions;
    } catch (error) {
      if (error instanceof BrokerError) throw error;
      throw this.server.explained('read the history', error);
    }
  }

  private async touch(scripts: ScriptRunner, names: readonly string[]): Promise<void> {
    const due = names.filter((name) => this.touches.claim(name, TOUCH_PERIOD_MS));
    if (due.length === 0) return;
    try {
      await scripts.run(TOUCH, due, [TOP_TTL_MS]);
    } catch (error) {
      for (const name of due) this.touches.forget(name);
      throw error;
    }
  }
}
