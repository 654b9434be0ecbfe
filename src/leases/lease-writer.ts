import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { Lease } from './lease.js';
import { LeaseBook } from './lease-book.js';
import type { Ledger, LedgerState } from './ledger.js';

/** The wait before what failed is tried again. */
const RETRY_MS = 250;
/** The least time from one call to the next: under load many records share one, and who is alone does not wait. */
const GAP_MS = 2;

/** The times of a lease. */
export interface LeaseTimes {
  /** For how long a node is taken for alive after its last beat. */
  readonly leaseMs: number;
  readonly beatMs: number;
}

/** Told of what happens to the records of this node. */
export interface WriterListener {
  /** Another node has taken them, and tells the app of their ends. */
  fenced(): void;
  /** They cannot be written for the time being. */
  away(fault: unknown): void;
  /** They can be again. */
  back(): void;
}

/**
 * Brings the records of leases to the ledger, one call after another: what begins and ends in one turn of the event loop, or
 * during a call, goes with the next one. What could not be written is written when the ledger is back.
 */
export class LeaseWriter {
  readonly book = new LeaseBook(() => this.wake());
  private turn: Turn | undefined;
  private working: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isBegun = false;
  /** The ledger does not have what it should. */
  private isBehind = false;
  private isBeatDue = false;
  private isAway = false;
  private isStopped = false;
  private calledAtMs = 0;
  private beatAtMs = 0;
  private triedAtMs = 0;

  constructor(
    private readonly ledger: Ledger,
    private readonly times: LeaseTimes,
    private readonly listener: WriterListener,
  ) {}

  /** Writes the record of a lease. */
  add(lease: Lease): void {
    if (!this.isAway && !this.isStopped) lease.written = (this.turn ??= new Turn()).over;
    this.book.add(lease);
  }

  /** Writes what is left, and ends the records of this node. @throws when the ledger cannot be reached. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.working;
    if (this.isAway) throw new Error('it is away');
    this.book.reasonsChanged();
    if (this.isBegun) await this.writeChanges();
    await this.ledger.end(this.book.size > 0);
  }

  private wake(): void {
    if (!this.working && !this.isAway && !this.isStopped) this.start();
  }

  private start(): void {
    this.working = this.work().finally(() => {
      this.working = undefined;
      if (this.hasWork) this.wake();
    });
  }

  /** Without a fault it goes on until there is nothing to do. */
  private async work(): Promise<void> {
    await nextTurn();
    while (this.hasWork && !this.isStopped) {
      const waitMs = this.calledAtMs + GAP_MS - this.nowMs();
      if (waitMs > 0) await delay(waitMs);
      this.calledAtMs = this.nowMs();
      const { turn } = this;
      this.turn = undefined;
      const isDone = await this.attempt();
      turn?.end();
      if (!isDone) break;
    }
    // What has begun since then does not wait for a ledger that is away.
    this.turn?.end();
    this.turn = undefined;
  }

  private get hasWork(): boolean {
    return this.book.changeCount > 0 || this.isBehind || this.isBeatDue;
  }

  private async attempt(): Promise<boolean> {
    try {
      await this.step();
    } catch (fault) {
      this.failed(fault);
      return false;
    }
    if (this.isAway) this.listener.back();
    this.isAway = false;
    return true;
  }

  /** A node that may be taken for gone asks before it writes. */
  private async step(): Promise<void> {
    if (!this.isBegun) await this.begin();
    else if (this.isBeatDue || this.nowMs() - this.beatAtMs > this.times.leaseMs) await this.beat();
    if (this.isBehind) await this.rewrite();
    else if (this.isBegun) await this.writeChanges();
  }

  private async begin(): Promise<void> {
    const nowMs = this.nowMs();
    await this.ledger.begin();
    this.isBegun = true;
    this.beaten(nowMs);
  }

  private async beat(): Promise<void> {
    const nowMs = this.nowMs();
    const pausedMs = nowMs - this.triedAtMs;
    this.triedAtMs = nowMs;
    const state = await this.ledger.beat();
    this.beaten(nowMs);
    // Nothing is left where nothing was heard of this node for so long: it was swept, and that was forgotten.
    this.heed(state === 'behind' && pausedMs > this.times.leaseMs ? 'fenced' : state);
  }

  private beaten(nowMs: number): void {
    this.beatAtMs = nowMs;
    this.triedAtMs = nowMs;
    this.isBeatDue = false;
    this.beatIn(this.times.beatMs);
  }

  private async writeChanges(): Promise<void> {
    for (let left = this.book.changeCount; left > 0;) {
      const page = this.book.takePage();
      if (page.leases.length === 0) return; // what was to be written has ended meanwhile
      left -= page.leases.length;
      let state: LedgerState;
      try {
        state = await this.ledger.write(page.changes);
      } catch (error) {
        this.book.putBack(page);
        throw error;
      }
      if (state === 'kept') this.book.settle(page);
      else {
        this.book.putBack(page);
        this.heed(state);
        return;
      }
    }
  }

  private async rewrite(): Promise<void> {
    const state = await this.ledger.rewrite(this.book.all());
    this.isBehind = false;
    if (state === 'kept') this.book.settleAll();
    else this.heed(state);
  }

  private heed(state: LedgerState): void {
    if (state === 'behind') this.isBehind = true;
    if (state !== 'fenced') return;
    this.isBegun = false;
    this.isBehind = false;
    this.book.handOver();
    this.listener.fenced();
  }

  private failed(fault: unknown): void {
    if (!this.isAway) this.listener.away(fault);
    this.isAway = true;
    this.beatIn(RETRY_MS);
  }

  private beatIn(waitMs: number): void {
    clearTimeout(this.timer);
    if (this.isStopped) return;
    this.timer = setTimeout(() => {
      this.isBeatDue = true;
      if (!this.working) this.start();
    }, waitMs).unref();
  }

  private nowMs(): number {
    return performance.now();
  }
}

/** The turn of what begins before the next call to the ledger. */
class Turn {
  end!: () => void;
  readonly over = new Promise<void>((resolve) => (this.end = resolve));
}
