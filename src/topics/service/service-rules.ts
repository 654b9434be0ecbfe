import type { SlowConsumerPolicy } from '../../config/kinds/slow-consumer.js';

/** How the subscriptions of a service are treated; durations in milliseconds. */
export interface ServiceRules {
  /** Whether only authenticated sessions may subscribe. */
  readonly requireAuthentication: boolean;
  /** Members of a `subscribe` event that belong to the subscription. */
  readonly extraFields: readonly string[];
  /** Members of a publication that must be equal to what the subscription has. */
  readonly filterFields: readonly string[];
  /** Members of the authorizer's answer that are kept and sent in later callbacks. */
  readonly authorizerFields: readonly string[];
  /** After this time the authorizer is asked again, and so on. */
  readonly authorizationRenewalPeriodMs?: number | undefined;
  /** The wait is shortened by a random part of this. */
  readonly authorizationRenewalJitterMs: number;
  /** How long a subscription goes on while the authorizer cannot be asked again. */
  readonly authorizationGraceMs: number;
  /** What becomes of publications for a client that reads too slowly. */
  readonly slowConsumer: SlowConsumerPolicy;
  /** What `conflate` keeps the last publication of. */
  readonly conflateKey: string;
  /** How often the service is told that a subscription is alive. */
  readonly heartbeatPeriodMs?: number | undefined;
}
