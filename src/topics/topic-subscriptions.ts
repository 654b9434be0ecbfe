import { Injectable } from '@nestjs/common';
import { LimitsSettings } from '../config/sections/limits.settings.js';
import type { JsonMembers, JsonText } from '../protocol/json/json.js';
import { Beginnings } from './beginning/beginnings.js';
import type { ClientEvent } from '../events/client-event.js';
import { type Confirm, Endings } from './ending/endings.js';
import type { ConfirmBeginning } from './beginning/introductions.js';
import { Services } from './service/services.js';
import type { Session } from './session/session.js';
import { TOPIC_ERRORS } from './topic-errors.js';
import type { TopicInterest, TopicSubscription } from './session/topic-subscription.js';

/**
 * The subscriptions to topics, as clients use them: to subscribe, to send messages, and to unsubscribe.
 *
 * Everything about a topic is refused when it is not of the form `<service>.<topic>`, or there is no such service.
 */
@Injectable()
export class TopicSubscriptions {
  constructor(
    private readonly limits: LimitsSettings,
    private readonly services: Services,
    private readonly beginnings: Beginnings,
    private readonly endings: Endings,
  ) {}

  /** The most topics that one event may name; 0 is no limit. */
  get maxTopicsPerEvent(): number {
    return this.limits.subscriptionsPerEvent;
  }

  /** The extra fields in force: those that the subscription began with, else those of the event, if there is a service. */
  extraOf(session: Session, { value, members }: ClientEvent): JsonMembers | undefined {
    const topic = value.subscription as string;
    return session.subscriptions.get(topic)?.extra ?? this.services.find(topic)?.extraFieldsOf(members);
  }

  /** Subscribes a session; see {@link Beginnings.begin}. @throws what that throws. */
  async subscribe(session: Session, interest: TopicInterest, confirm: ConfirmBeginning): Promise<void> {
    await this.beginnings.begin(session, this.services.ofTopic(interest.topic), interest, confirm);
  }

  /** Hands a message of the client to the service. @returns the members of its answer. @throws {ClientError} */
  async message(session: Session, topic: string, data: JsonText): Promise<JsonMembers> {
    const subscription = this.existing(session, topic);
    return subscription.service.ask('onMessage', () => subscription.question(new Map([['data', data]])));
  }

  /** Ends a subscription at the client's wish; see {@link Endings.atWish}. @throws what that throws. */
  async unsubscribe(session: Session, topic: string, confirm: Confirm): Promise<void> {
    await this.endings.atWish(session, this.existing(session, topic), confirm);
  }

  /** Refuses a topic that stands twice in a list. @throws {ClientError} */
  async refuseRepeated(topic: string): Promise<never> {
    this.services.ofTopic(topic);
    throw TOPIC_ERRORS.repeatedSubscription();
  }

  private existing(session: Session, topic: string): TopicSubscription {
    this.services.ofTopic(topic);
    const subscription = session.subscriptions.get(topic);
    if (!subscription) throw TOPIC_ERRORS.notSubscribed();
    return subscription;
  }
}
