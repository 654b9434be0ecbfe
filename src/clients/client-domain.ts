import type { Connection } from '../connection/connection.js';
import type { Client } from './client.js';
import type { Subject } from './client-selection.js';

/** A client as the domain knows it whose protocol it speaks. */
export interface ClientSession {
  /** Absent until it has proved who it is, and where nobody does. */
  readonly client: Client | undefined;
  readonly subscriptionCount: number;
  /** The names of its subscriptions, as {@link Subject}s have them. */
  subscriptions(): Iterable<string>;
  isSubscribedTo(subject: Subject): boolean;
  /**
   * Ends its subscription to something, or all; the client and the app are told in their turn.
   * @returns how many end.
   */
  unsubscribe(subject: Subject | undefined): number;
}

/** The sessions of one kind of clients. */
export interface ClientDomain {
  /** Nothing for a connection of another domain, or one that has not begun. */
  sessionOf(connection: Connection): ClientSession | undefined;
  /** The connections of this node with a subscription to something. */
  subscribersOf(subject: Subject): Iterable<Connection>;
}

/** The injection token of all {@link ClientDomain}s. */
export const CLIENT_DOMAINS = Symbol('kittiwake:client-domains');
