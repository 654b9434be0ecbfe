import type { Refusals } from '../metrics/refusals.js';
import type { CloseReason } from '../protocol/close-reason.js';
import type { EndReason } from '../protocol/end-reason.js';
import type { ConnectionSettings } from './connection.settings.js';
import type { LoopShare } from './inbox/loop-share.js';
import type { Outbox } from './outflow/outbox.js';
import type { Swept } from './wheel.js';

/** The parts that all connections of a gateway share, and what they tell of themselves. */
export interface ConnectionHost<Client> {
  readonly settings: ConnectionSettings;
  readonly outbox: Outbox;
  readonly refusals: Refusals;
  /** The share of the event loop in which the events of clients are handled. */
  readonly share: LoopShare;
  /** The client is gone, but has left events that are to be handled; `forgetEvents` of it ends that. */
  lingers(connection: Client): void;
  /** Every event of an ended connection has been handled, or forgotten. */
  settled(connection: Client): void;
  /** The connection has ended, or is about to: nothing can be sent to it any more. */
  ended(connection: Client, reason: CloseReason | undefined, ends: EndReason): void;
  /** The connection is open, and its client may connect. */
  opened(connection: Client): void;
  /** The transport of a connection that has ended is gone: it counts no more. */
  gone(connection: Client): void;
  /** Has the deadlines of a connection looked at by a time, in milliseconds since the epoch. */
  sweepBy(pulse: Swept, timeMs: number): void;
}
