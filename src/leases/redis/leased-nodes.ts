import type { KeySlot, KeySlots } from '../../broker/key-slots.js';
import { BEAT, CLAIM, KEEP, RELEASE } from './lua.js';
import { runScript } from './slot-scripts.js';

/** The name of the slot of all nodes of a gateway: their leases, and who has taken those that are gone. */
const NAME = 'leases';

/** A node whose lease had run out, and who has taken it. */
export interface NodeClaim {
  readonly node: string;
  readonly taker: string;
}

/** The nodes with their leases, by Redis' own clock. All methods throw as {@link KeySlot.ask}. */
export class LeasedNodes {
  private readonly slot: KeySlot;
  private readonly keys: readonly string[];

  constructor(
    slots: KeySlots,
    private readonly leaseMs: number,
  ) {
    this.slot = slots.of(NAME);
    this.keys = ['nodes', 'takers'].map((name) => `${this.slot.prefix}leases:${name}`);
  }

  /** Renews the lease of a node. @returns whether nobody has taken it. */
  beat(node: string): Promise<boolean> {
    return this.run(BEAT, [node, this.leaseMs]);
  }

  /** Takes a node whose lease has run out. @returns its name, if there is one. */
  async claim(taker: string): Promise<string | undefined> {
    const node = await runScript(this.slot, CLAIM, this.keys, [taker, this.leaseMs]);
    return typeof node === 'string' ? node : undefined;
  }

  /** Renews the lease of whoever has taken a node. @returns whether nobody else has, since. */
  keep({ node, taker }: NodeClaim): Promise<boolean> {
    return this.run(KEEP, [node, taker, this.leaseMs]);
  }

  /** Nothing is left of a node. */
  async release({ node, taker }: NodeClaim): Promise<void> {
    await this.run(RELEASE, [node, taker]);
  }

  /** The number of all nodes. */
  count(): Promise<number> {
    return this.slot.ask((client) => client.zcard(this.keys[0]!));
  }

  /** Removes a node that has left nothing behind. */
  async remove(node: string): Promise<void> {
    await this.slot.ask((client) => client.zrem(this.keys[0]!, node));
  }

  /** Has the lease of a node run out at once. */
  async expire(node: string): Promise<void> {
    await this.slot.ask((client) => client.zadd(this.keys[0]!, 0, node));
  }

  /** As {@link expire}, unless somebody else has taken it. */
  async leave({ node, taker }: NodeClaim): Promise<void> {
    await this.run(KEEP, [node, taker, 0]);
  }

  private async run(script: string, args: readonly (string | number)[]): Promise<boolean> {
    return (await runScript(this.slot, script, this.keys, args)) === 1;
  }
}
