import type { SlowConsumerPolicy } from '../../config/kinds/slow-consumer.js';

/** The rules for the subscriptions of a service; durations in milliseconds. */
export interface ServiceRules {
  /** Whether only authenticated sessions may subscribe. */
  readonly requireAuthentication: boolean;
  /** Members of a `subscribe` event that belong to the subscription. */
  readonly extraFields: readonly string[];
  /** Members of a publication that must be equal to the values of the subscription. */
  readonly filterFields: readonly string[];
  /** Members of the authorizer's answer that are kept and sent in later callbacks. */
  readonly authorizerFields: readonly string[];
  /** The time from one question to the authorizer to the next; absent: it is not asked again. */
  readonly authorizationRenewalPeriodMs?: number | undefined;
  /** That time is shortened by a random part of this one. */
  readonly authorizationRenewalJitterMs: number;
  /** The time for which a subscription goes on while the authorizer cannot be asked again. */
  readonly authorizationGraceMs: number;
  /** The treatment of publications for a client that reads too slowly. */
  readonly slowConsumer: SlowConsumerPolicy;
  /** The key of which the policy `conflate` keeps only the last publication. */
  readonly conflateKey: string;
  /** The time between heartbeats, which tell the service that a subscription is alive; absent: none. */
  readonly heartbeatPeriodMs?: number | undefined;
}
