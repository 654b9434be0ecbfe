import type {
  ClientQuery,
  ConnectionsQuery,
  RevokeOptions,
  RevokeResult,
} from './clients/clients-in-process.js';
import type { ConnectionPage } from './clients/connection-pages.js';
import type { Counted } from './clients/counted.js';
import type { Presence, PresenceQuery } from './push/reading/presence-in-process.js';
import type { TriggerOptions, TriggerResult } from './rooms/rooms-in-process.js';
import type { PublicationOptions } from './topics/providers/publication-members.js';
import type { HistoryQuery } from './topics/topic-history.js';

/** Options of a publication. */
export interface PublishOptions extends PublicationOptions {
  /**
   * Another publication to the same topic with the same key, within five minutes, is this one: a retry does no harm. Up to
   * 255 characters. Without effect where the service keeps no history.
   */
  readonly idempotencyKey?: string | undefined;
}

/** The outcome of a publication. */
export interface PublishResult {
  /** Its place in the history of its topic, where one is kept. */
  readonly position?: string;
  /** Whether it had been published before, by its idempotency key: then it was not sent again. */
  readonly isRepeated: boolean;
}

/** A publication that is kept. */
export interface KeptPublication {
  readonly position: string;
  /** Numbers beyond 2^53 lose digits; see {@link text}. */
  readonly data: unknown;
  /** The data as the JSON text that it came in, with every digit. */
  readonly text: string;
  /** The time of publication, as ISO 8601, if that was said. */
  readonly publishedAt?: string | undefined;
}

/** A part of what is kept of a topic. */
export interface KeptPublications {
  /** The position of the latest publication of the topic. */
  readonly position: string;
  /** Whether all that came after `since` is kept; if not, there are no publications. */
  readonly isComplete: boolean;
  /** In order. There are more when the last one is not at {@link position}. */
  readonly publications: readonly KeptPublication[];
}

/** Options of {@link Kittiwake.disconnect}. */
export interface DisconnectOptions {
  /** Whether the clients are asked to come back, as at a restart, rather than to stay away. Default: false. */
  readonly comesBack?: boolean | undefined;
}

/**
 * Kittiwake in process: inject it into any provider to push to clients. A test gives something else in its place, such as
 * the `FakeKittiwake` of `kittiwake/testing`, or a literal.
 */
export abstract class Kittiwake {
  /**
   * Publishes data to the subscribers of a topic, `service.name`, on every node.
   * @throws {PublicationError} when the topic is not one of a configured service, the data exceeds the bounds of JSON, or
   * the idempotency key cannot be one.
   * @throws {TypeError} when the data cannot be JSON, or the order or the time is not a finite number.
   * @throws when the broker could not take it.
   */
  abstract publish(topic: string, data: unknown, options?: PublishOptions): Promise<PublishResult>;

  /**
   * Reads what is kept of a topic: what came after a position, or the latest. It may be less than the limit.
   * @throws {HistoryError} when its service keeps no history, or the query is wrong.
   * @throws when the broker cannot be reached.
   */
  abstract history(topic: string, query?: HistoryQuery): Promise<KeptPublications>;

  /**
   * Tells who is present in a topic, or in a room, on all nodes.
   * @param where the topic, or the room as an object.
   * @throws {PresenceError} when that is not kept there, or the query is wrong.
   * @throws when the broker cannot be reached.
   */
  abstract presence(where: string | object, query?: PresenceQuery): Promise<Presence>;

  /**
   * Tells how many are present in each of some topics or rooms, at most `publish.maxBatch`, in their order.
   * @throws as {@link presence}.
   */
  abstract presenceCounts(places: readonly (string | object)[]): Promise<number[]>;

  /**
   * Triggers rooms: sends data to their subscriptions, on every node.
   * @throws {TriggerError} when a room is not an object, the data exceeds the bounds of JSON, or the idempotency key cannot
   * be one.
   * @throws {TypeError} when the data cannot be JSON.
   * @throws when the broker could not take it.
   */
  abstract trigger(rooms: readonly object[], data: unknown, options?: TriggerOptions): Promise<TriggerResult>;

  /**
   * Asks the app again which rooms clients of this node may join: all clients, or that of one connection. Subscriptions
   * that are no longer covered end.
   */
  abstract renewRooms(connectionId?: string): Promise<void>;

  /**
   * Closes connections on every node.
   * @returns how many, and whether all nodes have answered.
   * @throws {ClientSelectionError} when the query selects nothing, or is wrong.
   */
  abstract disconnect(query: ClientQuery, options?: DisconnectOptions): Promise<Counted>;

  /**
   * Revokes a token, or all that an identity has: nobody is let in with one any more, and the connections of clients that
   * were are closed, on every node.
   * @returns how many, and whether all nodes have answered: those that have not do it when they hear the others again.
   * @throws {ClientSelectionError} when it names both or neither, or an option is wrong.
   * @throws {RevocationError} when it could not be kept: then nothing was done.
   */
  abstract revoke(
    query: Pick<ClientQuery, 'identity' | 'tokenId'>,
    options?: RevokeOptions,
  ): Promise<RevokeResult>;

  /**
   * Lists who is connected, on every node, page by page.
   * @throws {ClientSelectionError} when the query is wrong.
   */
  abstract connections(query?: ConnectionsQuery): Promise<ConnectionPage>;

  /**
   * Ends subscriptions on every node: those to the topic or the room of the query; without one, all that its clients have.
   * @returns how many, and whether all nodes have answered.
   * @throws {ClientSelectionError} when the query selects nothing, or is wrong.
   */
  abstract unsubscribe(query: ClientQuery): Promise<Counted>;
}
