import { randomBytes } from 'node:crypto';
import type { KeySlots } from '../../broker/key-slots.js';
import type { Estate, Ledger, LedgerChanges, LedgerRecord, LedgerState } from '../ledger.js';
import { SEAL } from './lua.js';
import { LeasedNodes } from './leased-nodes.js';
import { hashOf, NodeRecords } from './node-records.js';
import { RedisEstate } from './redis.estate.js';
import { runScript } from './slot-scripts.js';

const ID_BYTES = 9;

/**
 * Keeps records in Redis: a hash for each node, and one list of all nodes with their leases. A node that is taken has its
 * hash sealed: what it writes from then on is refused, whatever it believes.
 */
export class RedisLedger implements Ledger {
  private readonly nodes: LeasedNodes;
  private node: string | undefined;
  private records: NodeRecords | undefined;

  /** @param leaseMs for how long a node is taken for alive after its last beat. */
  constructor(
    private readonly slots: KeySlots,
    private readonly leaseMs: number,
  ) {
    this.nodes = new LeasedNodes(slots, leaseMs);
  }

  /** Does not fail: a right that it lacks may yet be given to it. */
  async start(): Promise<void> {}

  async begin(): Promise<void> {
    const node = newId();
    const records = new NodeRecords(this.slots, node);
    await this.nodes.beat(node);
    await records.reset();
    this.node = node;
    this.records = records;
  }

  write(changes: LedgerChanges): Promise<LedgerState> {
    return this.own.write(changes);
  }

  async rewrite(batches: Iterable<readonly LedgerRecord[]>): Promise<LedgerState> {
    let state = await this.own.reset();
    for (const written of batches) {
      if (state !== 'kept') return state;
      state = await this.own.write({ written, removed: [] });
    }
    // Emptied once more meanwhile: nothing is known of what is there.
    if (state === 'behind') throw new Error('Redis has lost what has just been written');
    return state;
  }

  /** The records come first: once sealed they stay so, while a node that was swept is on no list any more. */
  async beat(): Promise<LedgerState> {
    const state = await this.own.state();
    if (state === 'fenced') return state;
    return (await this.nodes.beat(this.node!)) ? state : 'fenced';
  }

  /** A term of the lease: while Redis was away, all may have run out. */
  get graceMs(): number {
    return this.leaseMs;
  }

  async probe(): Promise<void> {
    await this.nodes.count();
  }

  async claim(): Promise<Estate | undefined> {
    const taker = newId();
    if (this.node !== undefined) await this.nodes.beat(this.node); // else it might take its own records, after a pause
    const node = await this.nodes.claim(taker);
    if (node === undefined) return undefined;
    const { slot, key } = hashOf(this.slots, node);
    const takenAtMs = Number(await runScript(slot, SEAL, [key], [taker]));
    return new RedisEstate(this.slots, this.nodes, { node, taker }, takenAtMs);
  }

  async end(hasLeft: boolean): Promise<void> {
    const { node, records } = this;
    if (node === undefined) return;
    if (hasLeft) return this.nodes.expire(node);
    await records?.remove();
    await this.nodes.remove(node);
  }

  private get own(): NodeRecords {
    if (!this.records) throw new Error('the records of this node have not been begun');
    return this.records;
  }
}

function newId(): string {
  return randomBytes(ID_BYTES).toString('base64url');
}
