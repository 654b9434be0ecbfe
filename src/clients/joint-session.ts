import type { ClientSession } from './client-domain.js';
import type { Subject } from './client-selection.js';

/** The client of a connection that serves two domains. */
export class JointSession implements ClientSession {
  constructor(
    private readonly one: ClientSession,
    private readonly other: ClientSession,
  ) {}

  /** See {@link ClientSession}, here and below. */
  get client(): ClientSession['client'] {
    return this.one.client ?? this.other.client;
  }

  get subscriptionCount(): number {
    return this.one.subscriptionCount + this.other.subscriptionCount;
  }

  *subscriptions(): Iterable<string> {
    yield* this.one.subscriptions();
    yield* this.other.subscriptions();
  }

  isSubscribedTo(subject: Subject): boolean {
    return this.one.isSubscribedTo(subject) || this.other.isSubscribedTo(subject);
  }

  unsubscribe(subject: Subject | undefined): number {
    return this.one.unsubscribe(subject) + this.other.unsubscribe(subject);
  }
}
