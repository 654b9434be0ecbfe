import { Counter, Gauge, type Registry } from 'prom-client';

/** The four series of SocketShark, under its names, for dashboards that were made for it. */
export class SocketsharkMetrics {
  private readonly serviceState: Gauge;
  private readonly connectionCount: Gauge;
  private readonly connectionTotal: Counter;
  private readonly events: Counter<'event' | 'status'>;
  private isDraining = false;

  constructor(registry: Registry) {
    const registers = [registry];
    this.serviceState = new Gauge({
      name: 'socketshark_service_state',
      help: '1 when the service is ready, else 0.',
      registers,
    });
    this.connectionCount = new Gauge({
      name: 'socketshark_connection_count',
      help: 'Open connections.',
      registers,
    });
    this.connectionTotal = new Counter({
      name: 'socketshark_connection_total',
      help: 'Connections opened since the start.',
      registers,
    });
    this.events = new Counter({
      name: 'socketshark_event_success_counter',
      help: 'Client events handled, by event and status.',
      labelNames: ['event', 'status'],
      registers,
    });
  }

  connectionOpened(): void {
    this.connectionCount.inc();
    this.connectionTotal.inc();
  }

  connectionClosed(): void {
    this.connectionCount.dec();
  }

  /** @param event `unknown` for an unknown name, `invalid` for JSON that is no event. Other input is not counted. */
  eventHandled(event: string, status: 'success' | 'error'): void {
    this.events.inc({ event, status });
  }

  brokerStateChanged(isReady: boolean): void {
    this.serviceState.set(isReady && !this.isDraining ? 1 : 0);
  }

  /** Sets the state to not ready for good, whatever the broker does. */
  drain(): void {
    this.isDraining = true;
    this.serviceState.set(0);
  }
}
