import type { Publication } from '../protocol/publication.js';

/**
 * On which way a publication reaches a subscription: at once, after it was held while the subscription began, or after
 * throttling has kept it back.
 */
export type DeliveryStage = 'live' | 'held' | 'delayed';

/** What a domain wraps a publication of its kind in for a client. Subscriptions with equal envelopes share one object. */
export interface Envelope<P = Publication> {
  /** The frame of the message for the client. */
  frame(publication: P, stage: DeliveryStage): Buffer;
}
