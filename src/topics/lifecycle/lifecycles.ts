import { Injectable } from '@nestjs/common';
import { CallbacksSettings } from '../../config/sections/callbacks.settings.js';
import { Leases } from '../../leases/leases.js';
import { Metrics } from '../../metrics/metrics.js';
import type { GatewayObserver, Observed } from '../../observing/observed.js';
import { SubscriptionEvents } from '../../observing/subscription-events.js';
import { Cluster } from '../../cluster/cluster.js';
import type { EndReason } from '../../protocol/end-reason.js';
import type { Service } from '../service/service.js';
import type { Session } from '../session/session.js';
import type { TopicSubscription } from '../session/topic-subscription.js';
import { LifecycleQueue } from './lifecycle-queue.js';
import { ServiceLifecycle } from './service-lifecycle.js';

/** Tells services in lists whose clients come and go, and which topics are used. */
@Injectable()
export class Lifecycles implements Observed {
  private readonly events = new SubscriptionEvents();
  private readonly byService = new Map<Service, ServiceLifecycle>();

  constructor(
    private readonly settings: CallbacksSettings,
    private readonly leases: Leases,
    private readonly cluster: Cluster,
    private readonly metrics: Metrics,
  ) {}

  /** See {@link Observed.observe}. */
  observe(observer: GatewayObserver): void {
    this.events.observe(observer);
  }

  /** A subscription has begun, and its client knows. */
  joined(session: Session, subscription: TopicSubscription): void {
    this.events.began(subscription);
    this.of(subscription.service)?.joins(session, subscription);
  }

  /** A subscription has ended. */
  left(session: Session, subscription: TopicSubscription, reason: EndReason): void {
    this.events.ended(subscription, reason);
    if (this.byService.size > 0)
      this.byService.get(subscription.service)?.leaves(session, subscription, reason);
  }

  /** Those of a service, if it wants to hear of them. */
  of(service: Service): ServiceLifecycle | undefined {
    if (!service.hearsLives) return undefined;
    let lifecycle = this.byService.get(service);
    if (!lifecycle) this.byService.set(service, (lifecycle = this.make(service)));
    return lifecycle;
  }

  /** Resolves when the services have heard all. */
  async drained(): Promise<void> {
    await Promise.all([...this.byService.values()].map((lifecycle) => lifecycle.drained()));
  }

  private make(service: Service): ServiceLifecycle {
    const { name, rules } = service;
    const { endTimeoutMs, endQueue } = this.settings;
    const sending = {
      periodMs: rules.lifecyclePeriodMs,
      maxEvents: rules.lifecycleEvents,
      maxWaiting: endQueue,
      timeoutMs: endTimeoutMs,
    };
    const queue = new LifecycleQueue(service, sending, this.metrics);
    const told = { service: name, node: this.cluster.node, debounceMs: rules.lifecycleDebounceMs };
    return new ServiceLifecycle(told, this.leases, queue);
  }
}
