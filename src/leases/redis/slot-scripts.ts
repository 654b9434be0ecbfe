import { createHash } from 'node:crypto';
import { faultText } from '../../broker/broker.error.js';
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
      // Writes of a ledger are sent one after another, so that none can overtake this one.
      if (!faultText(error).startsWith('NOSCRIPT')) throw error;
      return client.eval(script, keys.length, ...keys, ...args);
    }
  });
}

function nameOf(script: string): string {
  let name = names.get(script);
  if (name === undefined) names.set(script, (name = createHash('sha1').update(script).digest('hex')));
  return name;
}
