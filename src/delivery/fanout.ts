import type { Publication } from '../protocol/publication.js';
import type { DeliveryStage, Envelope } from './envelope.js';

/** With more envelopes than this hardly any is shared: to keep all frames would only need memory. */
const MAX_KEPT_FRAMES = 256;

/** The reason why a subscription did not get a publication: one of its rules, or a client that does not keep up. */
export type DropReason = 'filter' | 'order' | 'throttle' | 'slow_consumer' | 'conflated';

/** The delivery of one publication to many subscriptions: each distinct envelope is encoded and framed once. */
export class Fanout<P = Publication> {
  /** The number of subscriptions that it was sent to. */
  delivered = 0;
  private lastEnvelope: Envelope<P> | undefined;
  private lastFrame: Buffer | undefined;
  private others: Map<Envelope<P>, Buffer> | undefined;

  /** @param isDirect whether every subscription that it reaches is to the topic of the publication itself. */
  constructor(
    readonly publication: P,
    readonly isDirect = true,
    private readonly stage: DeliveryStage = 'live',
  ) {}

  /** The frame for all subscriptions with this envelope. */
  frame(envelope: Envelope<P>): Buffer {
    if (this.lastEnvelope === envelope) return this.lastFrame!;
    if (this.lastEnvelope !== undefined) {
      this.others ??= new Map();
      if (this.others.size < MAX_KEPT_FRAMES) this.others.set(this.lastEnvelope, this.lastFrame!);
    }
    this.lastEnvelope = envelope;
    this.lastFrame = this.others?.get(envelope) ?? envelope.frame(this.publication, this.stage);
    return this.lastFrame;
  }
}
