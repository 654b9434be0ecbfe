import type { Authenticated } from '../../auth/authenticated.js';
import type { Client } from '../../clients/client.js';
import type { LimitsSettings } from '../../config/sections/limits.settings.js';
import type { Connection } from '../../connection/connection.js';
import type { SubscriptionLimits } from '../../delivery/subscription.js';
import { CLOSE_REASONS } from '../../protocol/close-reason.js';
import { keptCanonicalJson } from '../../protocol/json/canonical-json.js';
import type { JsonMembers } from '../../protocol/json/json.js';
import type { Subscriber, TopicSubscription } from './topic-subscription.js';
import type { UntoldEnd } from './untold-end.js';

/** The state of the client behind a connection. */
export class Session implements Subscriber {
  /** By topic, in the order in which they began. */
  readonly subscriptions = new Map<string, TopicSubscription>();
  identity: JsonMembers | undefined = undefined;
  /** The client that has proved who it is. */
  client: Client | undefined = undefined;
  /** By topic, the ends of which the service could not be told yet. */
  untold: Map<string, UntoldEnd> | undefined = undefined;
  private canonicalFields: Map<string, string> | undefined = undefined;
  private limits: SubscriptionLimits | undefined = undefined;
  private failures = 0;

  constructor(readonly connection: Connection) {}

  /** Takes the result of an authentication, in place of an earlier one. */
  authenticated({ identity, expiresAtMs }: Authenticated): void {
    this.identity = identity;
    this.connection.admit();
    this.failures = 0;
    this.canonicalFields = undefined;
    this.connection.expireAt(expiresAtMs);
  }

  /** Counts a refusal that the client was told of. @param maxFailures in a row that close it; 0 is no limit. */
  refused(maxFailures: number): void {
    if (++this.failures === maxFailures) this.connection.close(CLOSE_REASONS.authenticationFailed);
  }

  /** See {@link Subscriber.canonicalIdentity}. */
  canonicalIdentity(field: string): string | undefined {
    const text = this.identity?.get(field);
    if (text === undefined) return undefined;
    this.canonicalFields ??= new Map();
    let canonical = this.canonicalFields.get(field);
    if (canonical === undefined) this.canonicalFields.set(field, (canonical = keptCanonicalJson(text)));
    return canonical;
  }

  /** The limits of its subscriptions: of each, and of all that the gateway keeps for the connection. */
  limitsOf({ outboxBytes, keysPerSubscription }: LimitsSettings): SubscriptionLimits {
    return (this.limits ??= {
      kept: this.connection.kept,
      maxKeys: keysPerSubscription,
      maxHeldLength: outboxBytes,
    });
  }
}
