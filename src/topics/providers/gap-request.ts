import type { LossReason } from '../../history/channel-log.js';
import { SubscriptionRequest } from './subscription-request.js';

/**
 * A question about what clients of a topic have missed. It says nothing of a client: one answer is for all that come back
 * with the same position.
 */
export class GapRequest<Pattern extends string = string> extends SubscriptionRequest<Pattern> {
  /** The last position that the clients were given, as they gave it back: any text. */
  get position(): string {
    return this.fields.position as string;
  }

  /** Why what came after it is not kept. */
  get reason(): LossReason {
    return this.fields.reason as LossReason;
  }
}
