import type { Estate, Ledger, LedgerChanges, LedgerRecord, LedgerState } from '../../src/leases/ledger.js';

/** A ledger in memory that does as a test says. */
export class FakeLedger implements Ledger {
  graceMs = 0;
  readonly records = new Map<string, string>();
  /** The records of nodes that are gone. */
  readonly estates: FakeEstate[] = [];
  /** The calls, in their order. */
  readonly calls: string[] = [];
  /** Given once, at the next call that can. */
  nextState: LedgerState | undefined;
  fault: Error | undefined;
  /** Awaited by each write. */
  gate: Promise<void> = Promise.resolve();

  async start(): Promise<void> {
    this.called('start');
  }

  async begin(): Promise<void> {
    this.called('begin');
    this.records.clear();
  }

  async write({ written, removed }: LedgerChanges): Promise<LedgerState> {
    this.called(`write ${written.length} -${removed.length}`);
    await this.gate;
    this.throwFault();
    const state = this.state();
    if (state !== 'kept') return state;
    for (const key of removed) this.records.delete(key);
    for (const { key, text } of written) this.records.set(key, text);
    return state;
  }

  async rewrite(batches: Iterable<readonly LedgerRecord[]>): Promise<LedgerState> {
    this.called('rewrite');
    this.records.clear();
    for (const batch of batches) for (const { key, text } of batch) this.records.set(key, text);
    return this.state();
  }

  async beat(): Promise<LedgerState> {
    this.called('beat');
    return this.state();
  }

  async probe(): Promise<void> {
    this.throwFault();
  }

  async claim(): Promise<Estate | undefined> {
    return this.estates.shift();
  }

  async end(hasLeft: boolean): Promise<void> {
    this.called(hasLeft ? 'end, and some are left' : 'end');
  }

  private called(name: string): void {
    this.calls.push(name);
    this.throwFault();
  }

  private throwFault(): void {
    if (this.fault) throw this.fault;
  }

  private state(): LedgerState {
    const state = this.nextState ?? 'kept';
    this.nextState = undefined;
    return state;
  }
}

/** The records of a node that is gone, in memory. */
export class FakeEstate implements Estate {
  readonly node = 'lost';
  takenAtMs = Date.now();
  isOurs = true;
  /** What became of it. */
  end: 'finished' | 'released' | undefined;

  constructor(readonly records: Map<string, string>) {}

  async keys(): Promise<string[]> {
    return [...this.records.keys()];
  }

  async read(keys: readonly string[]): Promise<readonly (string | undefined)[]> {
    return keys.map((key) => this.records.get(key));
  }

  async keep(): Promise<boolean> {
    return this.isOurs;
  }

  async forget(keys: readonly string[]): Promise<boolean> {
    if (this.isOurs) for (const key of keys) this.records.delete(key);
    return this.isOurs;
  }

  async finish(): Promise<void> {
    this.end = 'finished';
  }

  async release(): Promise<void> {
    this.end = 'released';
  }
}
