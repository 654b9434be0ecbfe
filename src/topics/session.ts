import type { Authenticated } from '../auth/authenticated.js';
import type { Connection } from '../connection/connection.js';
import type { JsonMembers } from '../protocol/json.js';
import type { Subscriber, TopicSubscription } from './topic-subscription.js';

/** What is known of the client behind a connection. */
export class Session implements Subscriber {
  /** By topic, in the order in which they began. */
  readonly subscriptions = new Map<string, TopicSubscription>();
  identity: JsonMembers | undefined = undefined;

  constructor(readonly connection: Connection) {}

  /** Takes the result of an authentication, in place of an earlier one. */
  authenticated({ identity, expiresAtMs }: Authenticated): void {
    this.identity = identity;
    this.connection.admit();
    this.connection.expireAt(expiresAtMs);
  }
}
