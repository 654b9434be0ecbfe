import { Injectable } from '@nestjs/common';
import type { Replay } from '../../delivery/replays.js';
import { SERVICE_UNAVAILABLE } from '../../events/event-errors.js';
import type { Lease } from '../../leases/lease.js';
import { CallbackAnswerError, ClientError } from '../../protocol/errors.js';
import { toJsonText, valueOf, type JsonMembers, type JsonText } from '../../protocol/json/json.js';
import { deliveryOptions, type DeliveryOptions, PublicationError } from '../../protocol/publication.js';
import { statePosition } from './gap-answer.js';
import { isHeardOut } from '../session/heard-out.js';
import { PresentTopicSubscription } from '../session/present-topic-subscription.js';
import { type Beginning, Recoveries } from './recoveries.js';
import type { RecoveryReply } from '../../events/reply.js';
import { TopicPresences } from './topic-presences.js';
import type { TopicSubscription } from '../session/topic-subscription.js';

/** Tells the client that its subscription has begun, with the state, where it stands in the history, and who is present. */
export type ConfirmBeginning = (
  data: JsonText | undefined,
  recovery: RecoveryReply | undefined,
  presence: JsonText | undefined,
) => void;

/** The means of beginning a subscription. */
export interface Introduction {
  /** The position with which the client comes back, as it gave it. */
  readonly since: unknown;
  /** The record that has to be written before the service hears of it, if there is one. */
  readonly lease: Lease | undefined;
  readonly confirm: ConfirmBeginning;
}

/** Tells a client of its subscription, first of all: the state or what it missed, where it stands, and who is present. */
@Injectable()
export class Introductions {
  constructor(
    private readonly recoveries: Recoveries,
    private readonly presences: TopicPresences,
  ) {}

  /**
   * Joins, asks the service, and confirms to the client.
   * @returns what the client gets first.
   * @throws {ClientError} when the service may not; {@link CallbackError} when it could not be asked.
   */
  async introduce(
    subscription: TopicSubscription,
    { since, lease, confirm }: Introduction,
  ): Promise<Replay | undefined> {
    const beginning = await this.recoveries.join(subscription, since);
    if (lease) await untilWritten(lease);
    return this.confirmed(subscription, beginning, confirm);
  }

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
    const isPresent = subscription instanceof PresentTopicSubscription;
    const show = isPresent ? await this.presences.enter(subscription) : undefined;
    if (subscription.wasReset) throw unavailable();
    if (options) subscription.prime(stateOptions(options));
    const data = replay ? undefined : answer.get('data');
    confirm(data, this.recoveries.replyTo(subscription, beginning, since?.position), show?.());
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

/** It cannot be said what the client missed while it began: it may try again. */
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
