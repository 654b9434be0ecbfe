import type { Position } from '../protocol/position.js';
import type { Publication } from '../protocol/publication.js';

/** The retention of a channel. */
export interface Retention {
  /** The number of publications. */
  readonly size: number;
  /** Nothing is kept of a channel on which nothing was published for so long, in milliseconds. */
  readonly ttlMs: number;
  /**
   * The name of the channel is never used again: the number of its last publication need not be known for longer than the
   * publications are kept.
   */
  readonly isBrief?: boolean | undefined;
}

/** A publication on its way into a history. */
export interface Appending {
  readonly retention: Retention;
  /** Another one with the same key, of the same channel and not long before, is this one. */
  readonly idempotencyKey?: string | undefined;
  /**
   * MUST NOT be kept when another such one of its channel, that was given before it in the same turn of the event loop, was
   * not: whoever tries again has them in their order.
   */
  readonly isChained?: boolean;
}

/** A publication that has its place in a history. */
export interface Appended {
  readonly position: Position;
  /** Whether it had it before, by its idempotency key: then it was not sent again. */
  readonly isRepeated: boolean;
}

/** The start of a read of a history: after a position; at the oldest that is kept; or nothing but its end. */
export type HistoryStart = Position | 'oldest' | 'top';

/** A part of the history of a channel. */
export interface HistoryPage {
  /** The position of the latest publication; of an empty history, that before the next one. */
  readonly top: Position;
  /** The publications up to the top, with their positions; nothing when those after the given position are not all kept. */
  readonly publications: readonly Publication[] | undefined;
  /** Those with an order among the ones before {@link publications}, the oldest first. */
  readonly ordered: readonly Publication[];
}

/**
 * Numbers the publications of channels and keeps them for a while.
 *
 * Guarantee: a publication that {@link append} has resolved for is read by every later {@link read}, at one position and
 * in one order for all nodes, until it is beyond its {@link Retention}. A number is never used twice in an epoch. When
 * numbers may have been lost, there is another epoch.
 */
export interface BrokerHistory {
  /**
   * Keeps a publication and sends it to every node that has joined the channel, this one included, with its position.
   * @throws {BrokerError} when it could not be handed over, or not be said whether it was.
   */
  append(channel: string, publication: Publication, appending: Appending): Appended | Promise<Appended>;
  /** Reads a part of the history of a channel. @throws {BrokerError} when it cannot be reached. */
  read(channel: string, start: HistoryStart): Promise<HistoryPage>;
  /**
   * The tops of channels; nothing for one that was forgotten, or never was.
   * @param areInUse which keeps them from being forgotten.
   * @throws {BrokerError} when it cannot be reached.
   */
  tops(channels: readonly string[], areInUse: boolean): Promise<readonly (Position | undefined)[]>;
  /**
   * From here on takes in what services leave with the broker itself, for channels of the services with these names; absent
   * where they can leave nothing.
   * @param periodMs how often it is looked for.
   */
  takeIn?(services: ReadonlyMap<string, Retention>, periodMs: number): void;
}
