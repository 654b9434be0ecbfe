import type { Authenticated } from '../auth/authenticated.js';
import { Expiry } from '../auth/expiry.js';
import type { Connection } from '../connection/connection.js';
import { CLOSE_REASONS } from '../protocol/close-reason.js';
import type { JsonMembers } from '../protocol/json.js';
import type { Subscriber, TopicSubscription } from './topic-subscription.js';

/** What is known of the client behind a connection. */
export class Session implements Subscriber {
  /** By topic, in the order in which they began. */
  readonly subscriptions = new Map<string, TopicSubscription>();
  identity: JsonMembers | undefined = undefined;
  private expiry: Expiry | undefined = undefined;

  constructor(readonly connection: Connection) {}

  /** Takes the result of an authentication, in place of an earlier one. */
  authenticated({ identity, expiresAtMs }: Authenticated): void {
    this.identity = identity;
    this.connection.isAdmitted = true;
    this.expiry?.cancel();
    const close = (): void => this.connection.close(CLOSE_REASONS.sessionExpired);
    this.expiry = expiresAtMs === undefined ? undefined : new Expiry(expiresAtMs, close);
  }

  /** Ends what the session itself keeps going. */
  end(): void {
    this.expiry?.cancel();
  }
}
