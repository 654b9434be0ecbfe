import type { Authenticated } from '../auth/authenticated.js';
import type { Connection } from '../connection/connection.js';
import { CLOSE_REASONS } from '../protocol/close-reason.js';
import type { JsonMembers } from '../protocol/json.js';
import type { Subscriber, TopicSubscription } from './topic-subscription.js';
import { MAX_TIMER_MS } from '../protocol/max-timer.js';

/** What is known of the client behind a connection. */
export class Session implements Subscriber {
  /** By topic, in the order in which they began. */
  readonly subscriptions = new Map<string, TopicSubscription>();
  identity: JsonMembers | undefined = undefined;
  private expiry: NodeJS.Timeout | undefined = undefined;

  constructor(readonly connection: Connection) {}

  /** Takes the result of an authentication, in place of an earlier one. */
  authenticated({ identity, expiresAtMs }: Authenticated): void {
    this.identity = identity;
    this.connection.isAdmitted = true;
    clearTimeout(this.expiry);
    this.expiry = undefined;
    if (expiresAtMs !== undefined) this.expireAt(expiresAtMs);
  }

  /** Ends what the session itself keeps going. */
  end(): void {
    clearTimeout(this.expiry);
  }

  private expireAt(timeMs: number): void {
    const waitMs = timeMs - Date.now();
    const expire = (): void =>
      waitMs > MAX_TIMER_MS ? this.expireAt(timeMs) : this.connection.close(CLOSE_REASONS.sessionExpired);
    this.expiry = setTimeout(expire, Math.min(Math.max(waitMs, 0), MAX_TIMER_MS));
    this.expiry.unref();
  }
}
