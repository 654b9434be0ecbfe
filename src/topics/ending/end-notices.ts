import { Injectable } from '@nestjs/common';
import { Hurry } from '../../callbacks/hurry.js';
import { Repetition, type RepetitionOutcome } from '../../callbacks/repetition.js';
import { CallbackError } from '../../protocol/errors.js';
import type { EndReason } from '../../protocol/end-reason.js';
import type { JsonText } from '../../protocol/json/json.js';
import { type CallbackKind, END_KINDS } from '../service/callback-kind.js';
import type { Session } from '../session/session.js';
import type { ServiceQuestion } from '../service/service-callbacks.js';
import { endOf, SubscriptionLeases } from './subscription-leases.js';
import type { TopicSubscription } from '../session/topic-subscription.js';
import type { UntoldEnd } from '../session/untold-end.js';

/** An end that a service is told of. */
interface Ending {
  readonly subscription: TopicSubscription;
  readonly kind: CallbackKind;
  /** Its own id, which tells it apart from all others. */
  readonly id: string;
  readonly reason: EndReason;
  /** See {@link Repetition}. */
  readonly untilMs: number;
  readonly weight: number;
  readonly hurry?: Hurry;
}

/** Tells services of the ends of subscriptions, again and again while they cannot be asked. */
@Injectable()
export class EndNotices {
  constructor(
    private readonly repetition: Repetition,
    private readonly leases: SubscriptionLeases,
  ) {}

  /** Tells of all subscriptions of a session that is over, one at a time and in this order. */
  async ofSession(
    session: Session,
    subscriptions: readonly TopicSubscription[],
    reason: EndReason,
  ): Promise<void> {
    for (const subscription of subscriptions) this.leases.of(subscription)?.ends(reason);
    if (session.untold) await Promise.all([...session.untold.values()].map(({ told }) => told));
    const untilMs = this.repetition.untilMs();
    let weight = subscriptions.length;
    for (const subscription of subscriptions) {
      session.subscriptions.delete(subscription.topic);
      await this.tellBoth({ subscription, id: this.leases.endIdOf(subscription), reason, untilMs, weight });
      weight--;
    }
  }

  /**
   * Tells that a subscription of a client that is there has ended, and waits no longer than for other callbacks: what the
   * service could not be told by then is told when it can be, and until then the topic is among those that are
   * {@link Session.untold}.
   */
  async ofSubscription(session: Session, subscription: TopicSubscription, reason: EndReason): Promise<void> {
    if (this.isForOthers(subscription)) return;
    const ending: Ending = {
      subscription,
      kind: 'onUnsubscribe',
      id: this.leases.endIdOf(subscription),
      reason,
      untilMs: this.repetition.untilMs(),
      weight: 1,
    };
    this.leases.of(subscription)?.ends(reason);
    try {
      await this.once(ending);
      this.leases.end(subscription);
    } catch (error) {
      if (!(error instanceof CallbackError)) throw error;
      this.remember(session, ending);
    }
  }

  /** Asks before a subscription ends that ends in any case. */
  questionOf(subscription: TopicSubscription, reason: EndReason): ServiceQuestion {
    return questionOf({
      subscription,
      kind: 'beforeUnsubscribe',
      id: this.leases.endIdOf(subscription),
      reason,
    });
  }

  /** The body of the end of a subscription is not the same any more. */
  changed(subscription: TopicSubscription): void {
    this.leases.changed(subscription);
  }

  private remember(session: Session, ending: Ending): void {
    const { topic } = ending.subscription;
    const untold = (session.untold ??= new Map<string, UntoldEnd>());
    const hurry = new Hurry();
    const told = this.toTheEnd({ ...ending, hurry }).finally(() => {
      untold.delete(topic);
      hurry.tried();
    });
    untold.set(topic, { told, hurry });
  }

  private async toTheEnd(ending: Ending): Promise<void> {
    if ((await this.again(ending)) !== 'kept') this.leases.end(ending.subscription);
  }

  private async tellBoth(ending: Omit<Ending, 'kind'>): Promise<void> {
    const { subscription } = ending;
    if (this.isForOthers(subscription)) return;
    for (const kind of END_KINDS) if ((await this.tell({ ...ending, kind })) === 'kept') return;
    this.leases.end(subscription);
  }

  /** Another node has taken the records of this one meanwhile, and tells of them. */
  private isForOthers(subscription: TopicSubscription): boolean {
    const isOurs = this.leases.of(subscription)?.isOurs ?? true;
    if (!isOurs) this.leases.end(subscription);
    return !isOurs;
  }

  private async tell(ending: Ending): Promise<RepetitionOutcome> {
    try {
      await this.once(ending);
      return 'told';
    } catch (error) {
      if (!(error instanceof CallbackError)) throw error;
      return this.again(ending);
    }
  }

  private once(ending: Ending): Promise<JsonText | undefined> {
    return ending.subscription.service.insist(ending.kind, () => questionOf(ending));
  }

  private again(ending: Ending): Promise<RepetitionOutcome> {
    const { subscription, kind, untilMs, weight, hurry } = ending;
    const { service } = subscription;
    const question = { ...questionOf(ending), isRepeated: true };
    const lease = this.leases.of(subscription);
    lease?.changed();
    const untold = {
      service: service.name,
      callback: kind,
      untilMs,
      weight,
      hurry,
      isKept: lease !== undefined,
    };
    return this.repetition.again(untold, () => service.insist(kind, () => question));
  }
}

function questionOf({
  subscription,
  kind,
  id,
  reason,
}: Pick<Ending, 'subscription' | 'kind' | 'id' | 'reason'>): ServiceQuestion {
  return { ...subscription.question(), end: endOf(id, kind, reason) };
}
