import type { Connection } from '../connection/connection.js';
import type { Envelope } from './envelope.js';
import type { Fanout } from './fanout.js';
import { SharedEnvelopes } from './shared-envelopes.js';
import type { Subscription } from './subscription.js';

/** The subscriptions of this node to one channel, and the envelopes that they share. */
export class Channel {
  private readonly subscriptions = new Set<Subscription>();
  private readonly envelopes = new SharedEnvelopes<Envelope>();

  constructor(
    /** Settles when the broker delivers the channel's publications. */
    readonly joined: Promise<void>,
  ) {}

  get isEmpty(): boolean {
    return this.subscriptions.size === 0;
  }

  add(subscription: Subscription): void {
    this.subscriptions.add(subscription);
    const make = (): Envelope => subscription.makeEnvelope();
    subscription.envelope = this.envelopes.acquire(subscription.envelopeKey, make);
  }

  remove(subscription: Subscription): void {
    if (this.subscriptions.delete(subscription)) this.envelopes.release(subscription.envelopeKey);
  }

  /** Names whose subscriptions they are. */
  addConnections(connections: Set<Connection>): void {
    for (const { connection } of this.subscriptions) connections.add(connection);
  }

  /** Hands a publication to every subscription. What fails for one is no matter of the others. */
  receive(fanout: Fanout, failed: (error: unknown) => void): void {
    for (const subscription of this.subscriptions) {
      try {
        subscription.receive(fanout);
      } catch (error) {
        failed(error);
      }
    }
  }
}
