import type { KeySlot, KeySlots } from '../../broker/key-slots.js';
import type { LedgerChanges, LedgerRecord, LedgerState } from '../ledger.js';
import { OWN_FIELDS, RESET, WRITE_RECORDS, WRITES } from './lua.js';
import { runScript } from './slot-scripts.js';

const STATES: Readonly<Record<number, LedgerState>> = { [1]: 'kept', [0]: 'fenced', [-1]: 'behind' };

/** The name of the hash with the records of a node, in a slot of its own. */
export function hashOf(slots: KeySlots, node: string): { readonly slot: KeySlot; readonly key: string } {
  const slot = slots.of(node);
  return { slot, key: `${slot.prefix}leases:${node}` };
}

/** Whether a field of such a hash is the key of a record. */
export function isRecordKey(field: string): boolean {
  return !OWN_FIELDS.has(field);
}

/**
 * The records of a node, in a hash. It counts its writes there: a server that has been emptied, or that has taken the place of
 * another and has less, is known by the count.
 */
export class NodeRecords {
  private readonly slot: KeySlot;
  private readonly keys: readonly [string];
  private writes = 0;

  constructor(slots: KeySlots, node: string) {
    const { slot, key } = hashOf(slots, node);
    this.slot = slot;
    this.keys = [key];
  }

  /** Empties them. @throws as {@link KeySlot.ask}. */
  async reset(): Promise<LedgerState> {
    return this.run(RESET, [this.writes]);
  }

  /** @throws as {@link KeySlot.ask}: then the same is written again. */
  async write({ written, removed }: LedgerChanges): Promise<LedgerState> {
    const state = await this.run(WRITE_RECORDS, [
      this.writes,
      this.writes + 1,
      removed.length,
      ...removed,
      ...written.flatMap(({ key, text }: LedgerRecord) => [key, text]),
    ]);
    if (state === 'kept') this.writes++;
    return state;
  }

  /** Whether they are as they were written. @throws as {@link KeySlot.ask}. */
  async state(): Promise<LedgerState> {
    const [taker, writes] = await this.slot.ask((client) => client.hmget(this.keys[0], '!', WRITES));
    if (typeof taker === 'string') return 'fenced';
    return writes === `${this.writes}` ? 'kept' : 'behind';
  }

  /** Removes all, if nobody has taken them. @throws as {@link KeySlot.ask}. */
  async remove(): Promise<void> {
    if ((await this.reset()) === 'kept') await this.slot.ask((client) => client.del(this.keys[0]));
  }

  private async run(script: string, args: readonly (string | number)[]): Promise<LedgerState> {
    return STATES[Number(await runScript(this.slot, script, this.keys, args))] ?? 'behind';
  }
}
