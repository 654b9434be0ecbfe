import type { EndReason } from '../protocol/end-reason.js';
import type { GatewayObserver, Observed } from './observed.js';

/** A subscription, as observers hear of it. */
export interface ObservedSubscription {
  readonly connection: { readonly id: string };
  /** The topic or room; made when somebody wants to hear of it. */
  readonly observedPlace: { readonly topic: string } | { readonly room: Readonly<Record<string, unknown>> };
}

/** The beginnings and ends of subscriptions of one domain: an end is told of what has begun. */
export class SubscriptionEvents implements Observed {
  private observer: GatewayObserver | undefined;
  private readonly begun = new WeakSet<ObservedSubscription>();

  observe(observer: GatewayObserver): void {
    this.observer = observer;
  }

  began(subscription: ObservedSubscription): void {
    if (!this.observer) return;
    this.begun.add(subscription);
    if (!this.observer.hears('subscribed')) return;
    const { connection, observedPlace } = subscription;
    this.observer.happened({ type: 'subscribed', connectionId: connection.id, ...observedPlace });
  }

  ended(subscription: ObservedSubscription, reason: EndReason): void {
    if (!this.observer || !this.begun.delete(subscription)) return;
    if (!this.observer.hears('unsubscribed')) return;
    const { connection, observedPlace } = subscription;
    this.observer.happened({ type: 'unsubscribed', connectionId: connection.id, reason, ...observedPlace });
  }
}
