import { Inject, Injectable } from '@nestjs/common';
import type { Closable } from '../base/lifetime.js';
import { BROKER, type Broker, type BrokerState } from '../broker/broker.js';
import { Metrics } from '../metrics/metrics.js';
import { RabbitMqTriggers } from '../rooms/rabbitmq/rabbitmq-triggers.js';

/** Whether this node should get new clients. */
@Injectable()
export class Readiness implements Closable {
  private isDraining = false;

  constructor(
    @Inject(BROKER) private readonly broker: Broker,
    private readonly rabbitMq: RabbitMqTriggers,
    private readonly metrics: Metrics,
  ) {}

  get brokerState(): BrokerState {
    return this.broker.state;
  }

  /** The services that the app is not asked about for a while: see `callbacks.breaker`. */
  get paused(): readonly string[] {
    return this.metrics.breakers.open;
  }

  get state(): 'ready' | 'draining' | 'broker lost' | 'rabbitmq lost' {
    if (this.isDraining) return 'draining';
    if (this.broker.state !== 'ready') return 'broker lost';
    return this.rabbitMq.isReady ? 'ready' : 'rabbitmq lost';
  }

  /** Not ready from here on, whatever the broker does. */
  close(): void {
    this.isDraining = true;
    this.metrics.drain();
  }
}
