import type { Publication } from '../protocol/publication.js';
import type { BrokerHistory } from './history.js';
import type { KeySlots } from './key-slots.js';
import type { PresenceBook } from './presence-book.js';

/**
 * The state of a broker. `ready`: publications are received; `lost`: they are not, be it on some channels only, until
 * the connection is back; `stopped`: before {@link Broker.start} and after {@link Broker.stop}.
 */
export type BrokerState = 'stopped' | 'ready' | 'lost';

/** The receiver of a broker's publications and changes of state. Neither method may throw. */
export interface BrokerListener {
  /** A publication has arrived on a channel that this node has joined. */
  received(channel: string, publication: Publication): void;
  /**
   * The state has changed. On `lost`, publications may be missing from here until it is `ready` again: on the channels
   * given, or on all when none are given. A broker that is lost for some channels may be lost again, for others.
   */
  stateChanged(state: BrokerState, channels?: readonly string[]): void;
}

/**
 * Carries publications between nodes.
 *
 * Guarantee: at most once; publications of one publisher on one channel arrive in the order of publication. When one
 * may have been missed, `stateChanged('lost')` says so.
 */
export interface Broker {
  readonly state: BrokerState;
  /** Whether other processes may be on it. */
  readonly isShared: boolean;
  /** The histories of channels. */
  readonly history: BrokerHistory;
  /** The members present on channels. */
  readonly presence: PresenceBook;
  /** The Redis that it speaks through; absent where there is none, or keys are not where it speaks. */
  readonly slots?: KeySlots | undefined;
  /**
   * Connects. MUST be called once, before anything else.
   * @throws {BrokerError} when the broker cannot be reached; names where, never a password.
   */
  start(listener: BrokerListener): Promise<void>;
  /**
   * Every publication sent on the channel after this resolves MUST reach the listener. Joining twice is joining once:
   * one `leave` ends it. A channel stays joined when the connection is lost and comes back.
   * @throws {BrokerError} at once while the channel cannot be heard: the broker is stopped, or lost for this channel.
   * Then the channel is not joined, unless it was before.
   */
  join(channel: string): Promise<void>;
  /** Ends what `join` began. MUST NOT reject: a channel that could not be left only costs traffic. */
  leave(channel: string): Promise<void>;
  /**
   * Sends a publication to every node that has joined the channel, this one included.
   * @returns nothing when it has been handed over already, which saves a promise for each publication.
   * @throws {BrokerError} when it could not be handed over, as a rejection; at once, and never queued, while the broker
   * is stopped, or lost for this channel.
   */
  publish(channel: string, publication: Publication): Promise<void> | undefined;
  /**
   * Has every other node get a publication when this one ends or is cut off, whatever ends it; absent where nobody would know.
   * Only the latest counts. An end by {@link stop} MAY count as one, too.
   */
  will?(channel: string, publication: Publication): void;
  /** Ends all connections and attempts to connect; no listener is called afterwards. Stopping twice is stopping once. */
  stop(): Promise<void>;
}

/** The injection token of the gateway's {@link Broker}. */
export const BROKER = Symbol('kittiwake:broker');
