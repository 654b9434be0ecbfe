import type { KeySlot, KeySlots } from '../../broker/key-slots.js';
import type { Estate } from '../ledger.js';
import { FINISH, FORGET } from './lua.js';
import { hashOf, isRecordKey } from './node-records.js';
import type { LeasedNodes } from './leased-nodes.js';
import { runScript } from './slot-scripts.js';

const FIELDS_PER_SCAN = 1_000;
/** The time for which a node that was paused is kept from writing where nobody looks any more. */
const SEALED_MS = 86_400_000;

/** The records of a node whose lease in Redis has run out. */
export class RedisEstate implements Estate {
  private readonly slot: KeySlot;
  private readonly hash: string;

  constructor(
    slots: KeySlots,
    private readonly nodes: LeasedNodes,
    private readonly claim: { readonly node: string; readonly taker: string },
    readonly takenAtMs: number,
  ) {
    const { slot, key } = hashOf(slots, claim.node);
    this.slot = slot;
    this.hash = key;
  }

  get node(): string {
    return this.claim.node;
  }

  async keys(): Promise<string[]> {
    const keys = new Set<string>(); // a scan may give one twice
    let cursor = '0';
    do {
      const [next, fields] = await this.slot.ask((client) =>
        client.hscan(this.hash, cursor, 'COUNT', FIELDS_PER_SCAN),
      );
      cursor = next;
      for (let at = 0; at < fields.length; at += 2) if (isRecordKey(fields[at]!)) keys.add(fields[at]!);
    } while (cursor !== '0');
    return [...keys];
  }

  async read(keys: readonly string[]): Promise<readonly (string | undefined)[]> {
    if (keys.length === 0) return [];
    const texts = await this.slot.ask((client) => client.hmget(this.hash, ...keys));
    return texts.map((text) => text ?? undefined);
  }

  keep(): Promise<boolean> {
    return this.nodes.keep(this.claim);
  }

  forget(keys: readonly string[]): Promise<boolean> {
    return this.run(FORGET, keys);
  }

  async finish(): Promise<void> {
    if (await this.run(FINISH, [SEALED_MS])) await this.nodes.release(this.claim);
  }

  release(): Promise<void> {
    return this.nodes.leave(this.claim);
  }

  private async run(script: string, args: readonly (string | number)[]): Promise<boolean> {
    return (await runScript(this.slot, script, [this.hash], [this.claim.taker, ...args])) === 1;
  }
}
