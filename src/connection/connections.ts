import { Inject, Injectable } from '@nestjs/common';
import { monotonicMs } from '../base/monotonic-ms.js';
import { Metrics } from '../metrics/metrics.js';
import { Refusals } from '../metrics/refusals.js';
import type { GatewayObserver, Observed } from '../observing/observed.js';
import { CLOSE_REASONS, type CloseReason } from '../protocol/close-reason.js';
import type { EndReason } from '../protocol/end-reason.js';
import { HANDSHAKE_REASONS, type HandshakeReason } from '../protocol/handshake-refusals.js';
import { BY_GATEWAY } from '../protocol/verdict.js';
import type { ConnectionHost } from './connection-host.js';
import type { Connection } from './connection.js';
import { connectedEvent, endedEvent } from './connection-events.js';
import { CONNECTION_SETTINGS, type ConnectionSettings } from './connection.settings.js';
import { numberOfId } from './known-client.js';
import { Leaving } from './leaving.js';
import { LoopShare } from './inbox/loop-share.js';
import { Outbox } from './outflow/outbox.js';
import { type Swept, Wheel } from './wheel.js';

const SWEEP_MS = 50;
/** The time for which events of a client that is gone are handled; connected clients wait for the app, too. */
const LINGER_MS = 30_000;
const SPREAD_STEP_MS = 50;
const LEAST_PER_STEP = 20;
/** The time for clients to answer the last close: more than a round trip, less than anyone waits for. */
const LAST_ANSWER_MS = 1_000;

/** Reasons of which clients were told, so that the refusal was counted, before they are closed. */
const TOLD_BEFORE: ReadonlySet<CloseReason> = new Set([
  CLOSE_REASONS.forbidden,
  CLOSE_REASONS.appUnavailable,
  CLOSE_REASONS.tooManyFailures,
]);

/** Every open connection of this node. */
@Injectable()
export class Connections implements ConnectionHost<Connection>, Observed {
  readonly outbox = new Outbox();
  readonly share = new LoopShare();
  /** Sweeps the deadlines of connections, and of what they have. */
  readonly wheel = new Wheel(SWEEP_MS);
  private readonly open = new Set<Connection>();
  private readonly leaving: Leaving;
  private readonly perAddress = new Map<string, number>();
  /** Clients that are gone, whose events are still handled; each with the time when that ends. */
  private readonly lingering = new Map<Connection, NodeJS.Timeout>();
  private isAccepting = true;
  private observer: GatewayObserver | undefined;
  /** The connections of whose end somebody wants to hear. */
  private readonly announced = new WeakSet<Connection>();

  constructor(
    @Inject(CONNECTION_SETTINGS) readonly settings: ConnectionSettings,
    private readonly metrics: Metrics,
    readonly refusals: Refusals,
  ) {
    this.leaving = new Leaving(this.wheel, settings.closeTimeoutMs);
    this.wheel.start();
  }

  /** The number of sockets: a connection counts until its own is closed. */
  get count(): number {
    return this.open.size + this.leaving.count;
  }

  /** Those that are open, in the order in which they began. */
  get all(): Iterable<Connection> {
    return this.open;
  }

  /** The open connection with an id, if it is one of this process: at most one. */
  withId(id: string): Connection[] {
    const number = numberOfId(id);
    if (number === undefined) return [];
    for (const connection of this.open) if (connection.number === number) return [connection];
    return [];
  }

  /** The reason to refuse one more connection from the address, if there is one. */
  refusal(address: string | undefined): HandshakeReason | undefined {
    if (!this.isAccepting) return HANDSHAKE_REASONS.notAccepting;
    const { dryRun } = this.settings;
    if (this.isFull && !dryRun.includes('connections')) return HANDSHAKE_REASONS.tooManyConnections;
    const isRefused = this.isFullOf(address) && !dryRun.includes('connectionsPerAddress');
    return isRefused ? HANDSHAKE_REASONS.tooManyOfAddress : undefined;
  }

  add(connection: Connection): void {
    // Limits that are tried out: others do not let it come so far.
    if (this.isFull) connection.wouldRefuse('connections');
    if (this.isFullOf(connection.address)) connection.wouldRefuse('connectionsPerAddress');
    this.open.add(connection);
    this.countAddress(connection.address, 1);
    this.metrics.connectionOpened();
    this.wheel.add(connection.pulse, connection.pulse.sweep(monotonicMs()));
  }

  /** See {@link Observed.observe}. */
  observe(observer: GatewayObserver): void {
    this.observer = observer;
  }

  /** See {@link ConnectionHost.opened}. */
  opened(connection: Connection): void {
    if (!this.observer) return;
    if (this.observer.hears('ended')) this.announced.add(connection);
    if (this.observer.hears('connected')) this.observer.happened(connectedEvent(connection));
  }

  /** See {@link ConnectionHost.ended}. */
  ended(connection: Connection, reason: CloseReason | undefined, ends: EndReason): void {
    if (!this.open.delete(connection)) return;
    if (this.observer && this.announced.has(connection))
      this.observer.happened(endedEvent(connection, reason, ends));
    this.leaving.add(connection);
    this.metrics.connectionClosed(reason?.name ?? 'client');
    if (!reason || TOLD_BEFORE.has(reason)) return;
    const { name: kind, text: why } = reason;
    this.refusals.add(connection, { kind, what: 'the connection', why, by: BY_GATEWAY });
  }

  /** See {@link ConnectionHost.sweepBy}. */
  sweepBy(pulse: Swept, timeMs: number): void {
    this.wheel.add(pulse, timeMs - Date.now());
  }

  /** See {@link ConnectionHost.lingers}. */
  lingers(connection: Connection): void {
    const timer = setTimeout(() => connection.forgetEvents(), LINGER_MS);
    timer.unref();
    this.lingering.set(connection, timer);
  }

  /** See {@link ConnectionHost.settled}. */
  settled(connection: Connection): void {
    clearTimeout(this.lingering.get(connection));
    this.lingering.delete(connection);
  }

  /** See {@link ConnectionHost.gone}. */
  gone(connection: Connection): void {
    this.leaving.delete(connection);
    this.countAddress(connection.address, -1);
    this.metrics.connectionGone();
  }

  /** Refuses new connections with 503, until {@link acceptAll}. */
  refuseAll(): void {
    this.isAccepting = false;
  }

  acceptAll(): void {
    this.isAccepting = true;
  }

  /**
   * Closes every connection, evenly spread over a time so that they do not all come back at once. Forgets the events of
   * clients that are gone.
   */
  async closeAll(reason: CloseReason, spreadMs: number): Promise<void> {
    for (const connection of this.lingering.keys()) connection.forgetEvents();
    await this.close(this.open, reason, spreadMs);
  }

  /** Closes some connections, evenly spread over a time. */
  async close(some: Iterable<Connection>, reason: CloseReason, spreadMs: number): Promise<void> {
    const connections = [...some];
    const steps = Math.max(1, Math.floor(spreadMs / SPREAD_STEP_MS));
    const perStep =
      spreadMs === 0 ? connections.length : Math.max(LEAST_PER_STEP, Math.ceil(connections.length / steps));
    while (connections.length > 0) {
      for (const connection of connections.splice(0, perStep)) connection.close(reason);
      if (connections.length > 0) await new Promise((resolve) => setTimeout(resolve, SPREAD_STEP_MS));
    }
  }

  /** Ends the sweeping, and the sockets of clients that do not answer the close. To be called last. */
  async stop(): Promise<void> {
    this.wheel.stop();
    await this.leaving.end(LAST_ANSWER_MS);
  }

  private get isFull(): boolean {
    const { maxConnections } = this.settings;
    return maxConnections > 0 && this.count >= maxConnections;
  }

  private isFullOf(address: string | undefined): boolean {
    const { maxConnectionsPerAddress: max } = this.settings;
    return max > 0 && (this.perAddress.get(address ?? '') ?? 0) >= max;
  }

  private countAddress(address: string | undefined, change: 1 | -1): void {
    if (this.settings.maxConnectionsPerAddress === 0 || address === undefined) return;
    const count = (this.perAddress.get(address) ?? 0) + change;
    if (count > 0) this.perAddress.set(address, count);
    else this.perAddress.delete(address);
  }
}
