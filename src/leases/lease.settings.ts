import type { LeaseTimes } from './lease-writer.js';

/** The settings that the floor of leases needs. */
export interface LeaseSettings extends LeaseTimes {
  /** Ends per second that the app is told for nodes that are gone. */
  readonly rate: number;
  /** For how long an end that the app cannot be told is tried again. */
  readonly endTimeoutMs: number;
  /** The time over which clients are closed when another node has taken the records of this one. */
  readonly spreadMs: number;
}

/** The injection token of the gateway's {@link LeaseSettings}. */
export const LEASE_SETTINGS = Symbol('kittiwake:lease-settings');
