/** One thing of which the app has to be told the end. */
export interface LedgerRecord {
  /** `<session>/<number>`: the numbers of a session say in which order they began. */
  readonly key: string;
  /** The body for telling the app; opaque to the ledger, on one line. */
  readonly text: string;
}

/** The changes to the records of this node. */
export interface LedgerChanges {
  readonly written: readonly LedgerRecord[];
  readonly removed: readonly string[];
}

/**
 * Whether the records of this node are as it left them. `fenced`: another node has taken them and tells the app of their
 * ends; `behind`: some or all are missing, or there are too many dead ones, and all have to be written anew.
 */
export type LedgerState = 'kept' | 'fenced' | 'behind';

/** The records of a node that is gone, in the hands of this one. Others may take them when this one is gone, too. */
export interface Estate {
  /** The node that is gone. */
  readonly node: string;
  /** The time of the first taking, in milliseconds since the epoch. */
  readonly takenAtMs: number;
  /** The keys of all records that are left, in no order. @throws when they cannot be read. */
  keys(): Promise<string[]>;
  /** The texts of some; nothing for those that are gone. @throws when they cannot be read. */
  read(keys: readonly string[]): Promise<readonly (string | undefined)[]>;
  /** Keeps it for another lease. @returns whether it still is in the hands of this node. @throws as above. */
  keep(): Promise<boolean>;
  /** Removes records of which the app was told. @returns as {@link keep}. @throws as above. */
  forget(keys: readonly string[]): Promise<boolean>;
  /** Removes what is left of it. @throws as above. */
  finish(): Promise<void>;
  /** Leaves it to whoever comes first. @throws as above. */
  release(): Promise<void>;
}

/**
 * Keeps records of what the app has to be told the end of, where they outlive the node. Records of a node are kept as long
 * as it holds a lease, which it renews by {@link beat}; then another node MAY {@link claim} them.
 *
 * Guarantee: what {@link write} has resolved for is in the estate of a node that ends without a word. A record is told by
 * one node at a time: the one that has the estate. None of the methods is called again before it has settled, apart from
 * {@link claim}, and what that gave.
 */
export interface Ledger {
  /** Called first. @throws when it can never work: the gateway does not start. */
  start(): Promise<void>;
  /** Begins the records of this node, of which there are none, under a new id. @throws when that cannot be said. */
  begin(): Promise<void>;
  /** @throws when it is unknown what was written: the same changes are written again. */
  write(changes: LedgerChanges): Promise<LedgerState>;
  /** Puts these records in the place of all that there are. Never gives `behind`. @throws as {@link write}. */
  rewrite(batches: Iterable<readonly LedgerRecord[]>): Promise<LedgerState>;
  /** Renews the lease. @throws as {@link write}. */
  beat(): Promise<LedgerState>;
  /** For how long a ledger that has just been reached is left alone, so that nodes that live can say so. */
  readonly graceMs: number;
  /** @throws when it cannot be reached. */
  probe(): Promise<void>;
  /** Takes the records of a node whose lease has run out. @returns nothing when there is none. @throws as {@link write}. */
  claim(): Promise<Estate | undefined>;
  /**
   * Ends the records of this node, if they were begun.
   * @param hasLeft whether some are left, which MAY be claimed at once. @throws as {@link write}.
   */
  end(hasLeft: boolean): Promise<void>;
}

/** The injection token of the gateway's {@link Ledger}; `undefined` is given where there is none. */
export const LEDGER = Symbol('kittiwake:ledger');
