import type { Connection } from '../connection/connection.js';
import type { ChannelLog, LossReason } from '../history/channel-log.js';
import type { Position } from '../protocol/position.js';
import type { Publication } from '../protocol/publication.js';
import type { Envelope } from './envelope.js';
import type { Fanout } from './fanout.js';
import { Flow } from './flow.js';
import { type Replay, Replays } from './replays.js';
import { SharedEnvelopes } from './shared-envelopes.js';
import type { Subscription } from './subscription.js';

/** Gets every publication of a channel as it came. Neither method may throw. */
export interface ChannelListener {
  received(publication: Publication): void;
  /** The broker is lost: publications may be missing from here on. */
  lost(): void;
}

/** The subscriptions of this node to one channel, and the envelopes that they share. */
export class Channel extends Flow {
  /** Settles when the broker delivers the channel's publications. */
  joined: Promise<void> = Promise.resolve();
  /** Its history, where one is kept. */
  log: ChannelLog | undefined;
  private replays: Replays | undefined;
  private readonly subscriptions = new Set<Subscription>();
  private readonly envelopes = new SharedEnvelopes<Envelope>();
  /** Made with the first: an empty set takes 200 bytes, and few channels have a listener. */
  private listeners: Set<ChannelListener> | undefined;

  get isEmpty(): boolean {
    return this.subscriptions.size === 0 && (this.listeners?.size ?? 0) === 0;
  }

  get subscriptionCount(): number {
    return this.subscriptions.size;
  }

  addListener(listener: ChannelListener): void {
    (this.listeners ??= new Set()).add(listener);
  }

  removeListener(listener: ChannelListener): void {
    this.listeners?.delete(listener);
  }

  add(subscription: Subscription): void {
    this.subscriptions.add(subscription);
    const make = (): Envelope => subscription.makeEnvelope();
    subscription.envelope = this.envelopes.acquire(subscription.envelopeKey, make);
  }

  /** @returns whether it was there. */
  remove(subscription: Subscription): boolean {
    if (!this.subscriptions.delete(subscription)) return false;
    this.envelopes.release(subscription.envelopeKey);
    return true;
  }

  /**
   * Finds what the client of a subscription has missed since a position.
   * @throws {BrokerError} when the history cannot be reached.
   */
  async recover(since: Position): Promise<Replay | LossReason> {
    const { log } = this;
    if (!log) return 'position_lost';
    const recovery = await log.recover(since, this.subscriptions.size === 1);
    if ('lost' in recovery) return recovery.lost;
    return (this.replays ??= new Replays()).of(recovery);
  }

  /** Names whose subscriptions they are. */
  addConnections(connections: Set<Connection>): void {
    for (const { connection } of this.subscriptions) connections.add(connection);
  }

  /** Hands a publication to every subscription. A failure of one does not affect the others. */
  receive(fanout: Fanout, failed: (error: unknown, connection: Connection) => void): void {
    this.passed++;
    for (const subscription of this.subscriptions) {
      try {
        subscription.receive(fanout);
      } catch (error) {
        failed(error, subscription.connection);
      }
    }
    if (this.listeners) for (const listener of this.listeners) listener.received(fanout.publication);
  }

  /** The broker is lost for it. Without a history, listeners are told of a gap; clients are disconnected. */
  lose(): void {
    if (this.log) this.log.lost();
    else for (const listener of this.listeners ?? []) listener.lost();
  }

  /** Publications are missing. */
  reset(top: Position): void {
    for (const subscription of this.subscriptions) subscription.reset(top);
    for (const listener of this.listeners ?? []) listener.lost();
  }

  /** Nothing is missing up to the latest position: those are told whom nothing else tells. */
  tellLatest(): void {
    for (const subscription of this.subscriptions) subscription.tellLatest();
  }
}
