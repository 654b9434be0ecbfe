import { Injectable, Logger } from '@nestjs/common';
import { Hub } from '../../delivery/hub.js';
import { LogLine } from '../../metrics/log-line.js';
import { CallbackAnswerError, CallbackError, ClientError } from '../../protocol/errors.js';
import type { EndReason } from '../../protocol/end-reason.js';
import type { JsonText } from '../../protocol/json/json.js';
import { EndNotices } from './end-notices.js';
import { Lifecycles } from '../lifecycle/lifecycles.js';
import { Reply } from '../../events/reply.js';
import type { Session } from '../session/session.js';
import type { TopicSubscription } from '../session/topic-subscription.js';

/** Tells the client that what it asked for is done. */
export type Confirm = (data?: JsonText) => void;

/** Ends subscriptions: at the client's wish, with its session, or when they are no longer authorized. */
@Injectable()
export class Endings {
  private readonly logger = new Logger('Topics');

  constructor(
    private readonly hub: Hub,
    private readonly notices: EndNotices,
    private readonly lifecycles: Lifecycles,
  ) {}

  /**
   * Ends a subscription at the client's wish.
   * @throws {ClientError} when the service refuses.
   * @throws {CallbackError} when it could not be asked.
   */
  async atWish(session: Session, subscription: TopicSubscription, confirm: Confirm): Promise<void> {
    const answer = await subscription.service.ask('beforeUnsubscribe', () => subscription.question());
    session.subscriptions.delete(subscription.topic);
    this.hub.leave(subscription);
    this.lifecycles.left(session, subscription, 'left');
    confirm(answer.get('data'));
    await this.notices.ofSubscription(session, subscription, 'left');
  }

  /** Ends all subscriptions of a session that is over, the latest first. */
  async ofSession(session: Session, reason: EndReason): Promise<void> {
    const subscriptions = [...session.subscriptions.values()].toReversed();
    for (const subscription of subscriptions) {
      this.hub.leave(subscription);
      this.lifecycles.left(session, subscription, reason);
    }
    await this.notices.ofSession(session, subscriptions, reason);
  }

  /**
   * Ends a subscription that is no longer authorized. Deliveries stop at once; the service and the client are told in
   * their turn.
   * @param error the refusal, or the failure to ask the service.
   * @param reason what the service is told of why it ended.
   */
  lapse(
    session: Session,
    subscription: TopicSubscription,
    error: unknown,
    reason: EndReason = 'expired',
  ): void {
    if (!isExpected(error)) this.logger.error(LogLine.fault(session.connection, error));
    this.hub.leave(subscription);
    session.connection.runNext(() => this.endLapsed(session, subscription, error, reason));
  }

  /** The body of the end of a subscription is not the same any more. */
  changed(subscription: TopicSubscription): void {
    this.notices.changed(subscription);
  }

  /** Resolves when services have heard in lists of all that has ended. */
  drained(): Promise<void> {
    return this.lifecycles.drained();
  }

  private async endLapsed(
    session: Session,
    subscription: TopicSubscription,
    error: unknown,
    reason: EndReason,
  ): Promise<void> {
    const { service, topic, extra } = subscription;
    if (session.subscriptions.get(topic) !== subscription) return;
    const data = await service.tell('beforeUnsubscribe', () => this.notices.questionOf(subscription, reason));
    session.subscriptions.delete(topic);
    this.lifecycles.left(session, subscription, reason);
    await this.notices.ofSubscription(session, subscription, reason);
    const context = { event: 'unsubscribe', subscription: JSON.stringify(topic) as JsonText, extra };
    new Reply(session.connection, context).ended(error, data);
  }
}

function isExpected(error: unknown): boolean {
  return (
    error instanceof ClientError || error instanceof CallbackError || error instanceof CallbackAnswerError
  );
}
