import type { AddressRules } from './client-address.js';
import type { EventRateLimit } from './event-rate.js';

/** Limits on letting clients in. */
export interface AcceptLimits {
  /** The most that are let in per turn of the event loop; 0 is no limit. */
  readonly maxPerTick: number;
  /** The most that wait until they are let in. */
  readonly maxWaiting: number;
}

/** The settings of connections; durations in milliseconds, 0 for none. */
export interface ConnectionSettings extends AddressRules {
  /** Allowed values of a browser's `Origin`; `*` allows any, none allows the gateway's own host. */
  readonly origins: readonly string[];
  readonly maxFrameBytes: number;
  readonly maxInboxBytes: number;
  readonly maxOutboxBytes: number;
  /** The most that the gateway keeps for one connection beside what it is sent. */
  readonly maxKeptBytes: number;
  /** Messages of at least this size are compressed for clients that offer it; absent: none are. */
  readonly deflateThresholdBytes: number | undefined;
  /** The highest ratio of an inflated message of a client to its compressed length; 0: no limit. */
  readonly maxInflationRatio: number;
  /** 0: no limit. */
  readonly maxConnections: number;
  /** 0: no limit. */
  readonly maxConnectionsPerAddress: number;
  /** The names of limits that only count what they would refuse. */
  readonly dryRun: readonly string[];
  readonly accepting: AcceptLimits;
  readonly eventRate: EventRateLimit;
  /** A connection that has not been admitted by then is closed. */
  readonly admissionDeadlineMs: number;
  /** A connection that sends no frame for this long is closed. */
  readonly idleMs: number;
  /** A handshake that has not been decided on by then is refused. */
  readonly handshakeTimeoutMs: number;
  /** The socket of a connection that has ended, and that the client does not close, is destroyed after this. */
  readonly closeTimeoutMs: number;
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
}

/** The injection token of {@link ConnectionSettings}. */
export const CONNECTION_SETTINGS = Symbol('kittiwake:connection-settings');
