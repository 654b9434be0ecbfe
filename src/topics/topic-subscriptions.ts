import { Injectable, Logger } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { Connections } from '../connection/connections.js';
import { Hub } from '../delivery/hub.js';
import { LogLine } from '../metrics/log-line.js';
import { CallbackAnswerError, CallbackError, ClientError } from '../protocol/errors.js';
import { valueOf, type JsonMembers, type JsonText } from '../protocol/json/json.js';
import { deliveryOptions, type DeliveryOptions, PublicationError } from '../protocol/publication.js';
import type { CallbackKind } from './service/callback-kind.js';
import { Endings } from './endings.js';
import { PeriodicCalls } from './periodic-calls.js';
import { KITTIWAKE_V1 } from '../protocol/sub-protocol.js';
import { Reply } from './reply.js';
import type { Service } from './service/service.js';
import type { Session } from './session.js';
import { TOPIC_ERRORS } from './topic-errors.js';
import { TopicSubscription } from './topic-subscription.js';

/** What a service may be asked of a subscription that was authorized, even if the client is gone. */
const LATER: readonly CallbackKind[] = [
  'beforeSubscribe',
  'onSubscribe',
  'beforeUnsubscribe',
  'onUnsubscribe',
];

/** Characters of extra fields: they are kept, and copied into every frame of the subscription. */
const MAX_EXTRA_LENGTH = 16_384;

/** Tells the client that what it asked for is done. */
export type Confirm = (data?: JsonText) => void;

/** The life of subscriptions to topics: how they begin, what is said in them, how they end. */
@Injectable()
export class TopicSubscriptions {
  private readonly logger = new Logger('TopicSubscriptions');

  constructor(
    private readonly hub: Hub,
    private readonly settings: Settings,
    private readonly connections: Connections,
    private readonly endings: Endings,
  ) {}

  /** How many topics one event may name; 0 is no limit. */
  get maxTopicsPerEvent(): number {
    return this.settings.limits.subscriptionsPerEvent;
  }

  /**
   * Subscribes a session. Publications are held from before `before_subscribe` is asked until its state has been
   * confirmed to the client, so that none is lost between the two.
   * @param reportsDrops whether the client wants to be told what it has missed because it did not keep up.
   * @throws {ClientError} when the client or the service may not; {@link CallbackError} when it could not be asked.
   */
  async subscribe(
    session: Session,
    service: Service,
    topic: string,
    extra: JsonMembers,
    confirm: Confirm,
    reportsDrops = false,
  ): Promise<void> {
    const { rules } = service;
    if (Buffer.byteLength(topic) > this.settings.limits.topicBytes) throw TOPIC_ERRORS.subscriptionTooLong();
    if (rules.requireAuthentication && !session.identity) throw TOPIC_ERRORS.authenticationRequired();
    if (session.subscriptions.has(topic)) throw TOPIC_ERRORS.alreadySubscribed();
    await session.untold?.get(topic)?.hurry.tryNow();
    // The service would hear of the beginning, and then of the end of what was before.
    if (session.untold?.has(topic)) throw new CallbackError(`the end of ${topic} has not been told yet`);
    this.checkRoom(session);
    if (lengthOf(extra) > MAX_EXTRA_LENGTH) throw TOPIC_ERRORS.extraFieldsTooLong();
    const limits = session.limitsOf(this.settings.limits);
    const subscription = new TopicSubscription(session, service, topic, extra, limits, reportsDrops);
    if (!subscription.claim()) throw TOPIC_ERRORS.tooMuchKept();
    try {
      await this.authorize(subscription);
      await this.begin(session, subscription, confirm);
    } catch (error) {
      subscription.end();
      throw error;
    }
    subscription.periodicCalls = PeriodicCalls.begin(subscription, this.connections.wheel, (error) =>
      this.lapse(session, subscription, error),
    );
    if (service.has('onSubscribe'))
      await service.tell('onSubscribe', subscription.callbackFields(), subscription.asking);
  }

  /** Hands a message of the client to the service. @returns the members of its answer. */
  async message(session: Session, topic: string, data: JsonText): Promise<JsonMembers> {
    const subscription = this.existing(session, topic);
    return subscription.service.ask('onMessage', subscription.callbackFields(data), subscription.asking);
  }

  /** Ends a subscription at the client's wish, unless the service refuses. */
  async unsubscribe(session: Session, topic: string, confirm: Confirm): Promise<void> {
    const subscription = this.existing(session, topic);
    const { service } = subscription;
    const answer = await service.ask('beforeUnsubscribe', subscription.callbackFields(), subscription.asking);
    session.subscriptions.delete(topic);
    this.hub.leave(subscription);
    confirm(answer.get('data'));
    await this.endings.ofSubscription(session, subscription);
  }

  /** Ends all subscriptions of a session that is over, the latest first. */
  async endAll(session: Session): Promise<void> {
    const subscriptions = [...session.subscriptions.values()].toReversed();
    for (const subscription of subscriptions) this.hub.leave(subscription);
    await this.endings.ofSession(session, subscriptions);
  }

  private checkRoom(session: Session): void {
    const { subscriptionsPerSession } = this.settings.limits;
    if (subscriptionsPerSession > 0 && session.subscriptions.size >= subscriptionsPerSession) {
      throw TOPIC_ERRORS.tooManySubscriptions();
    }
  }

  private existing(session: Session, topic: string): TopicSubscription {
    const subscription = session.subscriptions.get(topic);
    if (!subscription) throw TOPIC_ERRORS.notSubscribed();
    return subscription;
  }

  private async authorize(subscription: TopicSubscription): Promise<void> {
    const { service, connection } = subscription;
    if (!service.has('authorizer')) return;
    const { abandoned } = connection;
    const ends = isHeardOut(subscription) ? { withdrawal: abandoned } : { signal: abandoned };
    const asking = { ...subscription.asking, ...ends };
    const answer = await service.ask('authorizer', subscription.callbackFields(), asking);
    subscription.takeAuthorizerFields(service.authorizerFieldsOf(answer));
  }

  private async begin(session: Session, subscription: TopicSubscription, confirm: Confirm): Promise<void> {
    const { service, topic } = subscription;
    this.checkRoom(session); // others of the same event may have come first
    subscription.hold();
    session.subscriptions.set(topic, subscription);
    try {
      await this.hub.join(subscription);
      const answer = service.has('beforeSubscribe')
        ? await service.ask('beforeSubscribe', subscription.callbackFields(), {
            ...subscription.asking,
            ...(isHeardOut(subscription) && service.has('authorizer')
              ? {}
              : { withdrawal: subscription.connection.abandoned }),
          })
        : undefined;
      const options = answer?.get('options');
      if (options) subscription.prime(stateOptions(options));
      confirm(answer?.get('data'));
    } catch (error) {
      session.subscriptions.delete(topic);
      this.hub.leave(subscription);
      throw error;
    }
    session.connection.admit();
    subscription.release();
  }

  /** Deliveries stop at once; the service and the client learn of it in their turn. */
  private lapse(session: Session, subscription: TopicSubscription, error: unknown): void {
    if (!isExpected(error)) this.logger.error(LogLine.fault(session.connection, error));
    this.hub.leave(subscription);
    session.connection.runNext(() => this.endLapsed(session, subscription, error));
  }

  private async endLapsed(session: Session, subscription: TopicSubscription, error: unknown): Promise<void> {
    const { service, topic, extra } = subscription;
    if (session.subscriptions.get(topic) !== subscription) return;
    const data = await service.tell('beforeUnsubscribe', subscription.callbackFields(), subscription.asking);
    session.subscriptions.delete(topic);
    await this.endings.ofSubscription(session, subscription);
    const context = { event: 'unsubscribe', subscription: JSON.stringify(topic) as JsonText, extra };
    new Reply(session.connection, context).ended(error, data);
  }
}

/**
 * Whether an authorizer that has been asked is heard out when the client is gone, for SocketShark's sake: a service that
 * is asked something after it hears of the subscription, and of its end.
 */
function isHeardOut({ connection, service }: TopicSubscription): boolean {
  return connection.subProtocol !== KITTIWAKE_V1 && LATER.some((kind) => service.has(kind));
}

function lengthOf(members: JsonMembers): number {
  let length = 0;
  for (const value of members.values()) length += value.length;
  return length;
}

function isExpected(error: unknown): boolean {
  return (
    error instanceof ClientError || error instanceof CallbackError || error instanceof CallbackAnswerError
  );
}

/** @throws {CallbackAnswerError} for what no publication may have either. */
function stateOptions(text: JsonText): DeliveryOptions {
  try {
    return deliveryOptions(valueOf(text), text);
  } catch (error) {
    if (!(error instanceof PublicationError)) throw error;
    throw new CallbackAnswerError(`the options of an answer are ${error.message}`, { cause: error });
  }
}
