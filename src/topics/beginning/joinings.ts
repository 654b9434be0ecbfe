import { Injectable } from '@nestjs/common';
import { Hub } from '../../delivery/hub.js';
import type { Replay } from '../../delivery/replays.js';
import { type ConfirmBeginning, Introductions } from './introductions.js';
import { Lifecycles } from '../lifecycle/lifecycles.js';
import type { Session } from '../session/session.js';
import { SubscriptionLeases } from '../ending/subscription-leases.js';
import type { TopicSubscription } from '../session/topic-subscription.js';

/** The joining of authorized subscriptions: they get publications from the first on, after the state or what they missed. */
@Injectable()
export class Joinings {
  constructor(
    private readonly hub: Hub,
    private readonly introductions: Introductions,
    private readonly leases: SubscriptionLeases,
    private readonly lifecycles: Lifecycles,
  ) {}

  /**
   * Joins, and confirms to the client. Publications are held from before `before_subscribe` is asked until its state has been
   * confirmed, so that none is lost between the two.
   * @param since the position with which the client comes back, as it gave it.
   * @throws {ClientError} when the service may not; {@link CallbackError} when it could not be asked.
   */
  async join(
    session: Session,
    subscription: TopicSubscription,
    since: unknown,
    confirm: ConfirmBeginning,
  ): Promise<void> {
    subscription.hold();
    if (subscription.recovers) subscription.followPositions(() => this.hub.topOf(subscription.topic));
    session.subscriptions.set(subscription.topic, subscription);
    let replay: Replay | undefined;
    try {
      const lease = this.leases.begin(subscription);
      replay = await this.introductions.introduce(subscription, { since, lease, confirm });
    } catch (error) {
      session.subscriptions.delete(subscription.topic);
      this.hub.leave(subscription);
      this.leases.end(subscription);
      throw error;
    }
    session.connection.admit();
    subscription.release(replay);
    this.lifecycles.joined(session, subscription);
  }
}
