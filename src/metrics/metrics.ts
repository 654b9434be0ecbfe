import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { Settings } from '../config/settings.js';
import { SocketsharkMetrics } from './socketshark.metrics.js';

const CALLBACK_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60];

/** What the gateway counts, in Prometheus' terms. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();
  private readonly registers = [this.registry];

  private readonly connections = new Gauge({
    name: 'kittiwake_connections',
    help: 'Open connections.',
    registers: this.registers,
  });
  private readonly connectionsTotal = new Counter({
    name: 'kittiwake_connections_total',
    help: 'Connections opened since the start.',
    registers: this.registers,
  });
  private readonly closes = new Counter({
    name: 'kittiwake_connections_closed_total',
    help: 'Connections ended, by reason; "client" when the client left.',
    labelNames: ['reason'],
    registers: this.registers,
  });
  private readonly events = new Counter({
    name: 'kittiwake_events_total',
    help: 'Client events handled, by event and outcome.',
    labelNames: ['event', 'outcome'],
    registers: this.registers,
  });
  private readonly callbacks = new Histogram({
    name: 'kittiwake_callback_seconds',
    help: 'Time to ask the app, tries and waits included, by service, callback and outcome.',
    labelNames: ['service', 'callback', 'outcome'],
    buckets: CALLBACK_SECONDS,
    registers: this.registers,
  });
  private readonly publications = new Counter({
    name: 'kittiwake_publications_total',
    help: 'Publications that services gave to this node, by the way they came in.',
    labelNames: ['source'],
    registers: this.registers,
  });
  private readonly received = new Counter({
    name: 'kittiwake_publications_received_total',
    help: 'Publications that the broker brought to this node, on channels that its clients use.',
    registers: this.registers,
  });
  private readonly deliveries = new Counter({
    name: 'kittiwake_deliveries_total',
    help: 'Publications sent to subscriptions.',
    registers: this.registers,
  });
  private readonly drops = new Counter({
    name: 'kittiwake_drops_total',
    help: 'Publications, or deliveries to one subscription, that were dropped, by reason.',
    labelNames: ['reason'],
    registers: this.registers,
  });
  private rabbitMqReady: Gauge | undefined;
  private readonly brokerReady = new Gauge({
    name: 'kittiwake_broker_ready',
    help: '1 while the broker is connected, else 0.',
    registers: this.registers,
  });

  private readonly socketshark: SocketsharkMetrics | undefined;

  constructor({ metrics }: Settings) {
    collectDefaultMetrics({ register: this.registry });
    if (metrics.socketsharkNames) this.socketshark = new SocketsharkMetrics(this.registry);
  }

  connectionOpened(): void {
    this.connections.inc();
    this.connectionsTotal.inc();
    this.socketshark?.connectionOpened();
  }

  connectionClosed(reason: string): void {
    this.connections.dec();
    this.closes.inc({ reason });
    this.socketshark?.connectionClosed();
  }

  eventHandled(event: string, outcome: 'success' | 'error'): void {
    this.events.inc({ event, outcome });
    this.socketshark?.eventHandled(event, outcome);
  }

  callbackDone(service: string, callback: string, outcome: string, seconds: number): void {
    this.callbacks.observe({ service, callback, outcome }, seconds);
  }

  publicationTaken(source: 'http' | 'process' | 'rabbitmq'): void {
    this.publications.inc({ source });
  }

  delivered(count: number): void {
    this.deliveries.inc(count);
  }

  fannedOut(delivered: number, dropped: Readonly<Record<string, number>>): void {
    this.received.inc();
    this.delivered(delivered);
    for (const reason in dropped) if (dropped[reason]! > 0) this.drops.inc({ reason }, dropped[reason]);
  }

  dropped(reason: string): void {
    this.drops.inc({ reason });
  }

  rabbitMqStateChanged(isReady: boolean): void {
    this.rabbitMqReady ??= new Gauge({
      name: 'kittiwake_rabbitmq_ready',
      help: '1 while triggers are taken from RabbitMQ, else 0; absent where it is not configured.',
      registers: this.registers,
    });
    this.rabbitMqReady.set(isReady ? 1 : 0);
  }

  brokerStateChanged(isReady: boolean): void {
    this.brokerReady.set(isReady ? 1 : 0);
    this.socketshark?.brokerStateChanged(isReady);
  }

  /** The gateway takes no new clients any more. */
  drain(): void {
    this.socketshark?.drain();
  }
}
