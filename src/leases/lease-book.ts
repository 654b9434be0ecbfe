import type { Lease, LeaseKeeper } from './lease.js';
import type { LedgerChanges, LedgerRecord } from './ledger.js';
import { recordText } from './record-text.js';

/** Few enough not to hold up Redis or this node, enough to share the price of a call. */
const RECORDS_PER_WRITE = 1_000;

/** A part of what is to be written, and those whose records these are. */
export interface Page {
  readonly changes: LedgerChanges;
  readonly leases: readonly Lease[];
}

/** All leases of this node, and which of them the ledger has not got as they are. */
export class LeaseBook implements LeaseKeeper {
  private readonly live = new Set<Lease>();
  private readonly dirty = new Set<Lease>();

  /** @param onChange called when there is something to be written. */
  constructor(private readonly onChange: () => void) {}

  get size(): number {
    return this.live.size;
  }

  /** Leases whose records are to be written or removed. */
  get changeCount(): number {
    return this.dirty.size;
  }

  add(lease: Lease): void {
    this.live.add(lease);
    this.changed(lease);
  }

  /** See {@link LeaseKeeper.changed}. */
  changed(lease: Lease): void {
    if (!this.live.has(lease)) return;
    this.dirty.add(lease);
    this.onChange();
  }

  /** See {@link LeaseKeeper.over}. What was never written needs no removal. */
  over(lease: Lease): void {
    if (!this.live.delete(lease)) return;
    if (lease.isStored === 'no') {
      this.dirty.delete(lease);
      return;
    }
    this.dirty.add(lease);
    this.onChange();
  }

  /** Has the records of all that has ended, and was not told, say why. */
  reasonsChanged(): void {
    for (const lease of this.live) if (lease.endReason !== undefined) this.dirty.add(lease);
  }

  /** Takes the next part of the changes, until {@link settle} or {@link putBack}. */
  takePage(): Page {
    const leases: Lease[] = [];
    for (const lease of this.dirty) {
      if (leases.length === RECORDS_PER_WRITE) break;
      leases.push(lease);
      this.dirty.delete(lease);
    }
    const written: LedgerRecord[] = [];
    const removed: string[] = [];
    for (const lease of leases) {
      if (this.live.has(lease)) written.push(this.recordOf(lease));
      else removed.push(lease.key);
    }
    return { changes: { written, removed }, leases };
  }

  /** These were written. */
  settle({ leases }: Page): void {
    for (const lease of leases) lease.isStored = 'yes';
  }

  /** It is not known whether these were written. */
  putBack({ leases }: Page): void {
    for (const lease of leases) this.dirty.add(lease);
  }

  /** The records of all leases, those included that begin meanwhile, until {@link settleAll}. */
  *all(): Generator<readonly LedgerRecord[], void, void> {
    this.dirty.clear();
    for (const lease of this.live) if (lease.isStored === 'yes') lease.isStored = 'maybe';
    let written: LedgerRecord[] = [];
    for (const lease of this.live) {
      written.push(this.recordOf(lease));
      if (written.length < RECORDS_PER_WRITE) continue;
      yield written;
      written = [];
    }
    if (written.length > 0) yield written;
  }

  /** All that {@link all} gave was written. */
  settleAll(): void {
    for (const lease of this.live) if (lease.isStored === 'maybe') lease.isStored = 'yes';
  }

  /** Another node has taken what the ledger had. What it may not have had is written again: at worst, both tell of it. */
  handOver(): void {
    this.dirty.clear();
    for (const lease of this.live) {
      if (lease.isStored !== 'yes') {
        this.dirty.add(lease);
        continue;
      }
      this.live.delete(lease);
      lease.taken();
    }
    if (this.changeCount > 0) this.onChange();
  }

  private recordOf(lease: Lease): LedgerRecord {
    if (lease.isStored === 'no') lease.isStored = 'maybe';
    return { key: lease.key, text: recordText(lease) };
  }
}
