import { Gauge, type Registry } from 'prom-client';
import { Totals } from './totals.js';

/** Services that are not asked for a while, since too many tries have failed. */
export class BreakerMetrics {
  private readonly states: Gauge;
  private readonly openings: Totals;
  private readonly refusals: Totals;
  private readonly paused = new Set<string>();

  constructor(registry: Registry) {
    this.states = new Gauge({
      name: 'kittiwake_breaker_open',
      help: '1 while the app is not asked about a service, since too many tries have failed; 0 once it is again.',
      labelNames: ['service'],
      aggregator: 'max',
      registers: [registry],
    });
    const totals = (name: string, help: string): Totals => new Totals(registry, { name, help }, ['service']);
    this.openings = totals(
      'kittiwake_breaker_opened_total',
      'How often a service ceased to be asked for a while.',
    );
    this.refusals = totals('kittiwake_breaker_refused_total', 'Requests that were not made meanwhile.');
  }

  /** The services that are not asked now. */
  get open(): readonly string[] {
    return [...this.paused];
  }

  opened(service: string): void {
    this.paused.add(service);
    this.states.set({ service }, 1);
    this.openings.add(1, service);
  }

  closed(service: string): void {
    this.paused.delete(service);
    this.states.set({ service }, 0);
  }

  refused(service: string): void {
    this.refusals.add(1, service);
  }
}
