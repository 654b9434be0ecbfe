import { createHash } from 'node:crypto';
import { BrokerError, faultText } from '../../broker/broker.error.js';
import type { KeySlot } from '../../broker/key-slots.js';

/** The names that Redis gives to scripts, by their texts. */
const names = new Map<string, string>();

/** Runs a script on the server of a slot, which learns it when it does not know it. @throws as {@link KeySlot.ask}. */
export function runScript(
  slot: KeySlot,
  script: string,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  return slot.ask(async (client) => {
    try {
      return await client.evalsha(nameOf(script), keys.length, ...keys, ...args);
    } catch (error) {
      const fault = faultText(error);
      if (/\bNOPERM\b/.test(fault)) throw new BrokerError(`${fault} (${rightsCure(slot)})`, true);
      // Writes of a ledger are sent one after another, so that none can overtake this one.
      if (!fault.startsWith('NOSCRIPT')) throw error;
      return client.eval(script, keys.length, ...keys, ...args);
    }
  });
}

/** Commands of the scripts, and those beside them. */
const COMMANDS =
  '+eval +evalsha +time +del +pexpire +hget +hmget +hset +hsetnx +hdel +hexists +hscan +zadd +zrem +zcard +zrangebyscore';

function rightsCure({ prefix }: KeySlot): string {
  return `its user needs ${COMMANDS} ~${prefix.replace(/\{.*$/, '{')}*; or set ledger.kind to none`;
}

function nameOf(script: string): string {
  let name = names.get(script);
  if (name === undefined) names.set(script, (name = createHash('sha1').update(script).digest('hex')));
  return name;
}
