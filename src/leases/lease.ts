import type { EndReason } from '../protocol/end-reason.js';
import type { JsonText } from '../protocol/json/json.js';

/** The subject of a lease, as its domain knows it. */
export interface Leased {
  /** The JSON object from which the app is told of the end. Asked for whenever the record is written. */
  leaseBody(): JsonText;
}

/** The keeper of leases, as a lease sees it. */
export interface LeaseKeeper {
  /** The record is to be written, or written anew. */
  changed(lease: Lease): void;
  /** The record is to be removed. */
  over(lease: Lease): void;
}

/** A record that something has begun of which the app must hear the end. */
export class Lease {
  /**
   * Resolves when the record is written; to be awaited before the app hears of the beginning. While the ledger cannot be
   * reached, it resolves all the same, and the record is written when it can be.
   */
  written: Promise<void> = NOW;
  /** Why it has ended; absent as long as it has not. In the record once that is written anew. */
  endReason: EndReason | undefined = undefined;
  /** Whether the ledger has the record; not known while it is being written. */
  isStored: 'no' | 'maybe' | 'yes' = 'no';
  private isTaken = false;

  constructor(
    private readonly keeper: LeaseKeeper,
    readonly kind: string,
    /** `<session>/<number>`; also what tells its end apart from all others, the same at every repeat. */
    readonly key: string,
    readonly subject: Leased,
  ) {}

  /** Whether this node is the one to tell the app of the end; not, when another one has taken its records meanwhile. */
  get isOurs(): boolean {
    return !this.isTaken;
  }

  /** The record of the subject is not the same any more. */
  changed(): void {
    if (!this.isTaken) this.keeper.changed(this);
  }

  /** It has ended, and the app is going to be told. Should this node not live to do so, the record says why it ended. */
  ends(reason: EndReason): void {
    this.endReason ??= reason;
  }

  /** The app has been told of the end, or never will be. */
  end(): void {
    if (!this.isTaken) this.keeper.over(this);
  }

  /** Another node tells the app of the end. */
  taken(): void {
    this.isTaken = true;
  }
}

const NOW = Promise.resolve();
