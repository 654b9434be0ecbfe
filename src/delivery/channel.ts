import type { Connection } from '../connection/connection.js';
import type { Publication } from '../protocol/publication.js';
import type { Envelope } from './envelope.js';
import type { Fanout } from './fanout.js';
import { SharedEnvelopes } from './shared-envelopes.js';
import type { Subscription } from './subscription.js';

/** Gets every publication of a channel as it came. Neither method may throw. */
export interface ChannelListener {
  received(publication: Publication): void;
  /** The broker is lost: publications may be missing from here on. */
  lost(): void;
}

/** The subscriptions of this node to one channel, and the envelopes that they share. */
export class Channel {
  private readonly subscriptions = new Set<Subscription>();
  private readonly envelopes = new SharedEnvelopes<Envelope>();
  private readonly listeners = new Set<ChannelListener>();

  constructor(
    /** Settles when the broker delivers the channel's publications. */
    readonly joined: Promise<void>,
  ) {}

  get isEmpty(): boolean {
    return this.subscriptions.size === 0 && this.listeners.size === 0;
  }

  addListener(listener: ChannelListener): void {
    this.listeners.add(listener);
  }

  removeListener(listener: ChannelListener): void {
    this.listeners.delete(listener);
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

  /** Names whose subscriptions they are. */
  addConnections(connections: Set<Connection>): void {
    for (const { connection } of this.subscriptions) connections.add(connection);
  }

  /** Hands a publication to every subscription. A failure of one does not affect the others. */
  receive(fanout: Fanout, failed: (error: unknown, connection: Connection) => void): void {
    for (const subscription of this.subscriptions) {
      try {
        subscription.receive(fanout);
      } catch (error) {
        failed(error, subscription.connection);
      }
    }
    for (const listener of this.listeners) listener.received(fanout.publication);
  }

  /** Tells the listeners of a gap. Clients are disconnected instead. */
  lose(): void {
    for (const listener of this.listeners) listener.lost();
  }
}
