import { Injectable } from '@nestjs/common';
import { LimitsSettings } from '../../config/sections/limits.settings.js';
import { Connections } from '../../connection/connections.js';
import { CallbackError } from '../../protocol/errors.js';
import type { JsonMembers } from '../../protocol/json/json.js';
import { Endings } from '../ending/endings.js';
import { isHeardOut } from '../session/heard-out.js';
import type { ConfirmBeginning } from './introductions.js';
import { Joinings } from './joinings.js';
import { PeriodicCalls } from './periodic-calls.js';
import { PresentTopicSubscription } from '../session/present-topic-subscription.js';
import { Recoveries } from './recoveries.js';
import type { Service } from '../service/service.js';
import type { Session } from '../session/session.js';
import { TOPIC_ERRORS } from '../topic-errors.js';
import { type TopicInterest, TopicSubscription } from '../session/topic-subscription.js';

/** The most characters of extra fields, which are kept and copied into every frame of the subscription. */
const MAX_EXTRA_LENGTH = 16_384;

/** Begins subscriptions: the checks, the questions to the service, and publications from the first on. */
@Injectable()
export class Beginnings {
  constructor(
    private readonly limits: LimitsSettings,
    private readonly joinings: Joinings,
    private readonly connections: Connections,
    private readonly endings: Endings,
  ) {}

  /**
   * Begins a subscription. Publications are held from before `before_subscribe` is asked until its state has been
   * confirmed to the client, so that none is lost between the two.
   * @throws {ClientError} when a rule, a limit or the service refuses it.
   * @throws {CallbackError} when the service could not be asked.
   */
  async begin(
    session: Session,
    service: Service,
    interest: TopicInterest,
    confirm: ConfirmBeginning,
  ): Promise<void> {
    await this.check(session, service, interest);
    const subscription = this.claimed(session, service, interest);
    try {
      subscription.seat = await session.client?.takeSubscription();
      await this.authorize(subscription);
      this.checkRoom(session); // others of the same event may have come first
      await this.joinings.join(session, subscription, interest.since, confirm);
    } catch (error) {
      subscription.end();
      throw error;
    }
    subscription.periodicCalls = PeriodicCalls.begin(subscription, this.connections.wheel, {
      lapsed: (error) => this.endings.lapse(session, subscription, error),
      changed: () => this.endings.changed(subscription),
    });
    await service.tell('onSubscribe', () => subscription.question());
  }

  private async check(session: Session, { rules }: Service, interest: TopicInterest): Promise<void> {
    const { topic, extra } = interest;
    if (Buffer.byteLength(topic) > this.limits.topicBytes) throw TOPIC_ERRORS.subscriptionTooLong();
    if (rules.requireAuthentication && !session.identity) throw TOPIC_ERRORS.authenticationRequired();
    if (session.subscriptions.has(topic)) throw TOPIC_ERRORS.alreadySubscribed();
    await session.untold?.get(topic)?.hurry.tryNow();
    // The service would hear of the beginning, and then of the end of what was before.
    if (session.untold?.has(topic)) throw new CallbackError(`the end of ${topic} has not been told yet`);
    this.checkRoom(session, true);
    if (lengthOf(extra) > MAX_EXTRA_LENGTH) throw TOPIC_ERRORS.extraFieldsTooLong();
    Recoveries.check(interest);
  }

  private checkRoom(session: Session, isCounted = false): void {
    const { subscriptionsPerSession } = this.limits;
    if (subscriptionsPerSession === 0 || session.subscriptions.size < subscriptionsPerSession) return;
    if (!this.limits.dryRun.includes('subscriptionsPerSession')) throw TOPIC_ERRORS.tooManySubscriptions();
    if (isCounted) session.connection.wouldRefuse('subscriptionsPerSession');
  }

  private claimed(session: Session, service: Service, interest: TopicInterest): TopicSubscription {
    const limits = session.limitsOf(this.limits);
    const Kind = service.rules.presence ? PresentTopicSubscription : TopicSubscription;
    const subscription = new Kind(session, service, interest, limits);
    if (!subscription.claim()) throw TOPIC_ERRORS.tooMuchKept();
    return subscription;
  }

  private async authorize(subscription: TopicSubscription): Promise<void> {
    const { service, connection } = subscription;
    if (!service.isAuthorizing) return;
    const answer = await service.ask('authorizer', () => {
      const { abandoned } = connection;
      const ends = isHeardOut(subscription) ? { withdrawal: abandoned } : { signal: abandoned };
      return { ...subscription.question(), ...ends };
    });
    subscription.heed(answer);
  }
}

function lengthOf(members: JsonMembers): number {
  let length = 0;
  for (const value of members.values()) length += value.length;
  return length;
}
