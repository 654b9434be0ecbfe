import { Inject, Injectable } from '@nestjs/common';
import { BROKER, type Broker, type BrokerState } from '../broker/broker.js';
import { Metrics } from '../metrics/metrics.js';

/** Whether this node should get new clients. */
@Injectable()
export class Readiness {
  private isDraining = false;

  constructor(
    @Inject(BROKER) private readonly broker: Broker,
    private readonly metrics: Metrics,
  ) {}

  get brokerState(): BrokerState {
    return this.broker.state;
  }

  get state(): 'ready' | 'draining' | 'broker lost' {
    if (this.isDraining) return 'draining';
    return this.broker.state === 'ready' ? 'ready' : 'broker lost';
  }

  /** Not ready from here on, whatever the broker does. */
  drain(): void {
    this.isDraining = true;
    this.metrics.drain();
  }
}
