import type { Publication } from '../protocol/publication.js';

/**
 * The way by which a publication reaches a subscription: at once, held while the subscription began, or delayed by
 * throttling.
 */
export type DeliveryStage = 'live' | 'held' | 'delayed';

/** The wrapping of a domain's publications for clients. Subscriptions with equal envelopes share one object. */
export interface Envelope<P = Publication> {
  /** The same without positions, of one that has them. */
  readonly plain?: Envelope<P> | undefined;
  /** The frame of the message for the client. */
  frame(publication: P, stage: DeliveryStage): Buffer;
}
