import { Inject, Injectable, type OnApplicationShutdown, Optional } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { MetricsSettings } from '../config/sections/operators/metrics.settings.js';
import { VERSION } from '../config/version.js';
import { BreakerMetrics } from './breaker.metrics.js';
import { HistoryMetrics } from './history.metrics.js';
import { KeptCallMetrics } from './kept-call.metrics.js';
import { LedgerMetrics } from './ledger.metrics.js';
import { addMetrics, METRICS_REGISTRY, type MetricsRegistry, removeMetrics } from './metrics-registry.js';
import { ProcedureMetrics } from './procedure.metrics.js';
import { processMetrics } from './process-metrics.js';
import { RefusalMetrics } from './refusal.metrics.js';
import { SharedAnswer } from './shared-answer.js';
import { SocketsharkMetrics } from './socketshark.metrics.js';
import { Totals } from './totals.js';

const CALLBACK_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60];

/** The way by which a publication came to this node. */
export type PublicationSource = 'http' | 'process' | 'rabbitmq';

/** The metrics of the gateway for Prometheus. */
@Injectable()
export class Metrics implements OnApplicationShutdown {
  readonly registry = new Registry();
  private readonly registers: MetricsRegistry[] = [this.registry];

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
  private readonly refusals = this.totals(
    'kittiwake_handshakes_refused_total',
    'WebSocket handshakes that were refused, by HTTP status.',
    ['status'],
  );
  private readonly events = this.totals(
    'kittiwake_events_total',
    'Client events handled, by event and outcome.',
    ['event', 'outcome'],
  );
  private readonly callbacks = new Histogram({
    name: 'kittiwake_callback_seconds',
    help: 'Time to ask the app, tries and waits included, by service, callback and outcome.',
    labelNames: ['service', 'callback', 'outcome'],
    buckets: CALLBACK_SECONDS,
    registers: this.registers,
  });
  private readonly callbackDrops = this.totals(
    'kittiwake_callbacks_dropped_total',
    'Ends of subscriptions and clients that the app could not be told of, by service and callback.',
    ['service', 'callback'],
  );
  private readonly callbackJoins = this.totals(
    'kittiwake_callbacks_joined_total',
    'Callbacks that joined an equal one under way, by service and callback.',
    ['service', 'callback'],
  );
  private readonly keptAnswers = this.totals(
    'kittiwake_callbacks_kept_total',
    'Callbacks that were answered by a kept answer, by service and callback.',
    ['service', 'callback'],
  );
  private readonly publications = this.totals(
    'kittiwake_publications_total',
    'Publications that services gave to this node, by the way they came in.',
    ['source'],
  );
  private readonly received = this.totals(
    'kittiwake_publications_received_total',
    'Publications that the broker brought to this node, on channels that its clients use.',
  );
  private readonly deliveries = this.totals(
    'kittiwake_deliveries_total',
    'Publications sent to subscriptions.',
  );
  private readonly drops = this.totals(
    'kittiwake_drops_total',
    'Publications, or deliveries to one subscription, that were dropped, by reason.',
    ['reason'],
  );
  private readonly forgottenKeys = this.totals(
    'kittiwake_keys_forgotten_total',
    'Keys of order or throttle that a subscription had no more room for, by rule.',
    ['rule'],
  );
  readonly refused = new RefusalMetrics(this.registry);
  private readonly subscriptions = new Gauge({
    name: 'kittiwake_subscriptions',
    help: 'Subscriptions of clients to topics and rooms.',
    labelNames: ['kind'],
    registers: this.registers,
  });
  private readonly rabbitMqReady = new Gauge({
    name: 'kittiwake_rabbitmq_ready',
    help: '1 while triggers are taken from RabbitMQ, else 0, also where it is not configured.',
    aggregator: 'min',
    registers: this.registers,
  });
  private readonly brokerReady = new Gauge({
    name: 'kittiwake_broker_ready',
    help: '1 while the broker is connected, else 0.',
    aggregator: 'min',
    registers: this.registers,
  });

  /** The calls of procedures, and their outcomes. */
  readonly procedures = new ProcedureMetrics(this.registers);
  readonly history = new HistoryMetrics(this.registry);
  readonly ledger = new LedgerMetrics(this.registry);
  readonly breakers = new BreakerMetrics(this.registry);
  readonly keptCalls = new KeptCallMetrics(this.registry);

  private collect = (): Promise<string> => (this.appRegistry ?? this.registry).metrics();
  private readonly answer: SharedAnswer<string>;

  private readonly waiting: (() => number)[] = [];
  private readonly socketshark: SocketsharkMetrics | undefined;

  /** @param appRegistry gets our metrics, but not those of the process, which the app may have already. */
  constructor(
    { maxAgeMs, socketsharkNames }: MetricsSettings,
    @Optional() @Inject(METRICS_REGISTRY) private readonly appRegistry?: MetricsRegistry,
  ) {
    this.tellBuild();
    this.answer = new SharedAnswer(() => this.collect(), maxAgeMs);
    if (socketsharkNames) this.socketshark = new SocketsharkMetrics(this.registry);
    if (!appRegistry) {
      addMetrics(processMetrics(), this.registry);
      return;
    }
    addMetrics(this.registry, appRegistry);
    this.registers.push(appRegistry);
  }

  onApplicationShutdown(): void {
    if (this.appRegistry) removeMetrics(this.registry, this.appRegistry);
  }

  /** The metrics in the text format of Prometheus, at most `metrics.maxAge` old. */
  text(): Promise<string> {
    return this.answer.read();
  }

  /** The media type of {@link text}. */
  get contentType(): string {
    return (this.appRegistry ?? this.registry).contentType;
  }

  /** Replaces the source of {@link text}: where several processes share a port, each answers for all. */
  collectFrom(collect: () => Promise<string>): void {
    this.collect = collect;
  }

  connectionOpened(): void {
    this.connections.inc();
    this.connectionsTotal.inc();
    this.socketshark?.connectionOpened();
  }

  /** Called when a connection has ended; its socket may still be open. */
  connectionClosed(reason: string): void {
    this.closes.inc({ reason });
    this.socketshark?.connectionClosed();
  }

  /** Called when the socket of an ended connection is closed. */
  connectionGone(): void {
    this.connections.dec();
  }

  /** Adds a source for the number of clients that wait to be let in; an app may have several adapters. */
  countWaiting(count: () => number): void {
    this.waiting.push(count);
    if (this.waiting.length > 1) return;
    const gauge: Gauge = new Gauge({
      name: 'kittiwake_handshakes_waiting',
      help: 'Clients that wait to be let in.',
      registers: this.registers,
      collect: () => gauge.set(this.waiting.reduce((sum, waiting) => sum + waiting(), 0)),
    });
  }

  /** Sets the source for the number of requests to the app that wait, and the seconds that the first has waited. */
  countCallbacksWaiting(count: () => { readonly length: number; readonly seconds: number }): void {
    const length: Gauge = new Gauge({
      name: 'kittiwake_callbacks_waiting',
      help: 'Requests to the app that wait for a connection.',
      registers: this.registers,
      collect: () => length.set(count().length),
    });
    const seconds: Gauge = new Gauge({
      name: 'kittiwake_callbacks_waiting_seconds',
      help: 'How long the request to the app that has waited longest has waited for a connection.',
      aggregator: 'max',
      registers: this.registers,
      collect: () => seconds.set(count().seconds),
    });
  }

  handshakeRefused(status: number): void {
    this.refusals.add(1, `${status}`);
  }

  subscriptionsChanged(kind: 'topic' | 'room', change: 1 | -1): void {
    this.subscriptions.inc({ kind }, change);
  }

  eventHandled(event: string, outcome: 'success' | 'error'): void {
    this.events.add(1, event, outcome);
    this.socketshark?.eventHandled(event, outcome);
  }

  callbackDone(service: string, callback: string, outcome: string, seconds: number): void {
    this.callbacks.observe({ service, callback, outcome }, seconds);
  }

  callbackDropped(service: string, callback: string): void {
    this.callbackDrops.add(1, service, callback);
  }

  callbackJoined(service: string, callback: string): void {
    this.callbackJoins.add(1, service, callback);
  }

  answerKept(service: string, callback: string): void {
    this.keptAnswers.add(1, service, callback);
  }

  publicationTaken(source: PublicationSource): void {
    this.publications.add(1, source);
  }

  delivered(count: number): void {
    this.deliveries.add(count);
  }

  fannedOut(delivered: number): void {
    this.received.add(1);
    this.delivered(delivered);
  }

  dropped(reason: string, count = 1): void {
    this.drops.add(count, reason);
  }

  keyForgotten(rule: 'order' | 'throttle'): void {
    this.forgottenKeys.add(1, rule);
  }

  rabbitMqStateChanged(isReady: boolean): void {
    this.rabbitMqReady.set(isReady ? 1 : 0);
  }

  brokerStateChanged(isReady: boolean): void {
    this.brokerReady.set(isReady ? 1 : 0);
    this.socketshark?.brokerStateChanged(isReady);
  }

  /** Called when the gateway stops taking clients. */
  drain(): void {
    this.socketshark?.drain();
  }

  private tellBuild(): void {
    const build = new Gauge({
      name: 'kittiwake_build_info',
      help: 'Always 1: which version of the gateway this is, and of Node.',
      labelNames: ['version', 'node'],
      aggregator: 'max',
      registers: this.registers,
    });
    build.set({ version: VERSION, node: process.versions.node }, 1);
    this.subscriptions.set({ kind: 'topic' }, 0);
    this.subscriptions.set({ kind: 'room' }, 0);
  }

  private totals(name: string, help: string, labels?: readonly [string, string?]): Totals {
    return new Totals(this.registry, { name, help }, labels);
  }
}
