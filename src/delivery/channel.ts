import type { Envelope } from './envelope.js';
import type { Fanout } from './fanout.js';
import type { Subscription } from './subscription.js';

/** The subscriptions of this node to one channel, and the envelopes that they share. */
export class Channel {
  private readonly subscriptions = new Set<Subscription>();
  private readonly envelopes = new Map<string, { readonly envelope: Envelope; uses: number }>();

  constructor(
    /** Settles when the broker delivers the channel's publications. */
    readonly joined: Promise<void>,
  ) {}

  get isEmpty(): boolean {
    return this.subscriptions.size === 0;
  }

  add(subscription: Subscription): void {
    this.subscriptions.add(subscription);
    const shared = this.envelopes.get(subscription.envelopeKey);
    if (shared) shared.uses++;
    else this.envelopes.set(subscription.envelopeKey, { envelope: subscription.makeEnvelope(), uses: 1 });
    subscription.envelope = this.envelopes.get(subscription.envelopeKey)!.envelope;
  }

  remove(subscription: Subscription): void {
    if (!this.subscriptions.delete(subscription)) return;
    const shared = this.envelopes.get(subscription.envelopeKey);
    if (shared && --shared.uses === 0) this.envelopes.delete(subscription.envelopeKey);
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
