import { Injectable } from '@nestjs/common';
import type { CallbackEnd } from '../../callbacks/callback-request.js';
import type { Lease } from '../../leases/lease.js';
import { Leases } from '../../leases/leases.js';
import type { EndReason } from '../../protocol/end-reason.js';
import type { CallbackKind } from '../service/callback-kind.js';
import type { Session } from '../session/session.js';
import type { TopicSubscription } from '../session/topic-subscription.js';

/** The kind of the records of subscriptions. */
export const SUBSCRIPTION = 'topic';

/** The leases of subscriptions to services that want to hear of their ends. No others have one. */
@Injectable()
export class SubscriptionLeases {
  private readonly leases = new Map<TopicSubscription, Lease>();
  /** The ends of subscriptions without one. */
  private count = 0;

  constructor(private readonly ledger: Leases) {}

  /** Begins one, where there is to be one. */
  begin(subscription: TopicSubscription): Lease | undefined {
    if (!this.ledger.areKept || !subscription.service.hearsEnds) return undefined;
    const lease = this.ledger.begin(SUBSCRIPTION, subscription.connection.id, subscription);
    if (lease) this.leases.set(subscription, lease);
    return lease;
  }

  of(subscription: TopicSubscription): Lease | undefined {
    return this.leases.get(subscription);
  }

  /** The service has heard of the end, or has nothing to hear. */
  end(subscription: TopicSubscription): void {
    this.leases.get(subscription)?.end();
    this.leases.delete(subscription);
  }

  /** The body of the end of a subscription is not the same any more. */
  changed(subscription: TopicSubscription): void {
    this.leases.get(subscription)?.changed();
  }

  /** As {@link changed}, of all subscriptions of a session. */
  allChanged({ subscriptions }: Session): void {
    if (this.leases.size > 0) for (const subscription of subscriptions.values()) this.changed(subscription);
  }

  /** An id for the end of a subscription; with a lease it is the same on every node. */
  endIdOf(subscription: TopicSubscription): string {
    return this.leases.get(subscription)?.key ?? `${subscription.connection.id}/end-${++this.count}`;
  }
}

/** The end as a callback says it: each callback has an id of its own. */
export function endOf(id: string, kind: CallbackKind, reason: EndReason): CallbackEnd {
  return { id: `${id}/${kind}`, reason };
}
