import type { LossReason } from '../../history/channel-log.js';
import type { Position } from '../../protocol/position.js';
import type { Trigger } from '../room/trigger.js';

/** The triggers after a position, in order. */
export interface TriggerRecovery {
  readonly missed: Iterable<Trigger>;
  /** Its end. */
  readonly until: Position;
  /** Whether what came after another position, which a client gave, is a part of it. */
  readonly has: (since: Position) => boolean;
}

/** The triggers of all rooms in one order, as this node follows it, and what of them is kept. */
export interface TriggerLog {
  /** The position of the last one that has passed on this node; nothing while that is not known. */
  readonly top: Position | undefined;
  /**
   * Finds what came after a position, which a client gave, up to {@link top} at the moment in which this resolves.
   * @throws {BrokerError} when what keeps them cannot be reached.
   */
  recover(since: Position): Promise<TriggerRecovery | LossReason>;
}
