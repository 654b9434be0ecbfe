import { Injectable } from '@nestjs/common';
import { Hub } from '../delivery/hub.js';
import type { Replay } from '../delivery/replays.js';
import type { Lease } from '../leases/lease.js';
import { CallbackAnswerError, ClientError } from '../protocol/errors.js';
import { toJsonText, valueOf, type JsonMembers, type JsonText } from '../protocol/json/json.js';
import { deliveryOptions, type DeliveryOptions, PublicationError } from '../protocol/publication.js';
import { statePosition } from './gap-answer.js';
import { isHeardOut } from './heard-out.js';
import { Lifecycles } from './lifecycle/lifecycles.js';
import { type Beginning, Recoveries } from './recoveries.js';
import type { RecoveryReply } from './reply.js';
import type { Session } from './session.js';
import { SubscriptionLeases } from './subscription-leases.js';
import { SERVICE_UNAVAILABLE } from './topic-errors.js';
import type { TopicSubscription } from './topic-subscription.js';

/** Tells the client that its subscription has begun, with the state and where it stands in the history. */
export type ConfirmBeginning = (data: JsonText | undefined, recovery: RecoveryReply | undefined) => void;

/** How publications reach a subscription that is authorized, from the first on: after the state, or after what it missed. */
@Injectable()
export class Joinings {
  constructor(
    private readonly hub: Hub,
    private readonly recoveries: Recoveries,
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
      const beginning = await this.recoveries.join(subscription, since);
      if (lease) await untilWritten(lease);
      replay = await this.confirmed(subscription, beginning, confirm);
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

  /** Asks the service, and confirms to the client. @returns what the client gets first. */
  private async confirmed(
    subscription: TopicSubscription,
    beginning: Beginning,
    confirm: ConfirmBeginning,
  ): Promise<Replay | undefined> {
    const { replay, state } = beginning;
    const answer = state?.answer ?? (await firstAnswer(subscription, replay !== undefined));
    const options = replay ? undefined : answer.get('options');
    const position = options && subscription.recovers && !state ? statePosition(answer) : undefined;
    const since = state?.since ?? (position && (await this.recoveries.after(subscription, position)));
    if (subscription.wasReset) throw unavailable();
    if (options) subscription.prime(stateOptions(options));
    const data = replay ? undefined : answer.get('data');
    confirm(data, this.recoveries.replyTo(subscription, beginning, since?.position));
    return replay ?? since?.replay;
  }
}

/** The record of what may have to be told the end of is written while the channel is joined. */
async function untilWritten(lease: Lease): Promise<void> {
  await lease.written;
  if (!lease.isOurs) throw unavailable();
}

/** With the state that the client begins with, unless it gets what it has missed. */
async function firstAnswer(subscription: TopicSubscription, isRecovered: boolean): Promise<JsonMembers> {
  const { service, connection } = subscription;
  const { history } = service.rules;
  if (isRecovered && history?.asksRecovered === false) return new Map();
  const more = history && new Map([['recovered', toJsonText(isRecovered)]]);
  return service.ask('beforeSubscribe', () => {
    const question = subscription.question(more);
    const isDue = isHeardOut(subscription) && service.isAuthorizing;
    return isDue ? question : { ...question, withdrawal: connection.abandoned };
  });
}

/** What the client missed while it began cannot be said: it may try again. */
function unavailable(): ClientError {
  return new ClientError(SERVICE_UNAVAILABLE.code, SERVICE_UNAVAILABLE.text);
}

/** Reads the options of a state. @throws {CallbackAnswerError} for options that a publication may not have either. */
function stateOptions(text: JsonText): DeliveryOptions {
  try {
    return deliveryOptions(valueOf(text), text);
  } catch (error) {
    if (!(error instanceof PublicationError)) throw error;
    throw new CallbackAnswerError(`the options of an answer are ${error.message}`, { cause: error });
  }
}
