import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { classOf, stackOf } from '../base/message-of.js';
import { type MarkedMethod, ProviderDiscovery } from '../callbacks/providers/provider-discovery.js';
import { DigestedLog } from '../metrics/digested-log.js';
import type { GatewayEvent, GatewayEventType } from '../observing/gateway-event.js';
import { type GatewayObserver, OBSERVED, type Observed } from '../observing/observed.js';
import { ON_GATEWAY_EVENT } from './on-gateway-event.decorator.js';

const ROLE = 'hears of events of Kittiwake';
const TYPES = ['connected', 'authenticated', 'subscribed', 'unsubscribed', 'ended', 'refused'] as const;

/** Tells the app's providers what happens at the gateway, in its order, each in a turn after it has happened. */
@Injectable()
export class Observers implements GatewayObserver, OnModuleInit {
  private readonly defects = new DigestedLog(new Logger('Callbacks'));
  private readonly listeners = new Map<GatewayEventType, MarkedMethod[]>();

  constructor(
    private readonly discovery: ProviderDiscovery,
    @Inject(OBSERVED) private readonly observed: readonly Observed[],
  ) {}

  /** @throws when a method that listens is one of a controller, or of a provider that is not a singleton. */
  onModuleInit(): void {
    for (const method of this.discovery.methods(ON_GATEWAY_EVENT, ROLE)) {
      this.discovery.requireSingleton(method.provider, ROLE);
      const types = method.mark as readonly GatewayEventType[];
      for (const type of types.length > 0 ? types : TYPES)
        this.listeners.set(type, [...(this.listeners.get(type) ?? []), method]);
    }
    if (this.listeners.size > 0) for (const part of this.observed) part.observe(this);
  }

  hears(type: GatewayEventType): boolean {
    return this.listeners.has(type);
  }

  happened(event: GatewayEvent): void {
    for (const listener of this.listeners.get(event.type) ?? [])
      queueMicrotask(() => void this.tell(listener, event));
  }

  private async tell({ provider, method, name }: MarkedMethod, event: GatewayEvent): Promise<void> {
    try {
      await method.call(provider, event);
    } catch (error) {
      const text = `${name} failed on the event ${event.type}: ${stackOf(error)}`;
      this.defects.error(`${name} ${event.type} ${classOf(error)}`, text, { id: event.connectionId });
    }
  }
}
