import { Injectable } from '@nestjs/common';
import { Hurry } from '../callbacks/hurry.js';
import { Repetition } from '../callbacks/repetition.js';
import { CallbackError } from '../protocol/errors.js';
import type { JsonText } from '../protocol/json/json.js';
import type { CallbackKind } from './service/callback-kind.js';
import type { Session } from './session.js';
import type { TopicSubscription } from './topic-subscription.js';
import type { UntoldEnd } from './untold-end.js';

const KINDS = ['beforeUnsubscribe', 'onUnsubscribe'] as const;

/** An end that a service is told of. */
interface Ending {
  readonly subscription: TopicSubscription;
  readonly kind: CallbackKind;
  /** See {@link Repetition}. */
  readonly untilMs: number;
  readonly weight: number;
  readonly hurry?: Hurry;
}

/** Tells services of the ends of subscriptions, again and again while they cannot be asked. */
@Injectable()
export class EndNotices {
  constructor(private readonly repetition: Repetition) {}

  /** Tells of all subscriptions of a session that is over, one at a time and in this order. */
  async ofSession(session: Session, subscriptions: readonly TopicSubscription[]): Promise<void> {
    if (session.untold) await Promise.all([...session.untold.values()].map(({ told }) => told));
    const untilMs = this.repetition.untilMs();
    let weight = subscriptions.length;
    for (const subscription of subscriptions) {
      session.subscriptions.delete(subscription.topic);
      for (const kind of KINDS) await this.tell({ subscription, kind, untilMs, weight });
      weight--;
    }
  }

  /**
   * Tells that a subscription of a client that is there has ended, and waits no longer than for other callbacks: what the
   * service could not be told by then is told when it can be, and until then the topic is among those that are
   * {@link Session.untold}.
   */
  async ofSubscription(session: Session, subscription: TopicSubscription): Promise<void> {
    const ending: Ending = {
      subscription,
      kind: 'onUnsubscribe',
      untilMs: this.repetition.untilMs(),
      weight: 1,
    };
    try {
      await this.once(ending);
    } catch (error) {
      if (!(error instanceof CallbackError)) throw error;
      this.remember(session, ending);
    }
  }

  private remember(session: Session, ending: Ending): void {
    const { topic } = ending.subscription;
    const untold = (session.untold ??= new Map<string, UntoldEnd>());
    const hurry = new Hurry();
    const told = this.again({ ...ending, hurry }).finally(() => {
      untold.delete(topic);
      hurry.tried();
    });
    untold.set(topic, { told, hurry });
  }

  private async tell(ending: Ending): Promise<void> {
    try {
      await this.once(ending);
    } catch (error) {
      if (!(error instanceof CallbackError)) throw error;
      await this.again(ending);
    }
  }

  private once({ subscription, kind }: Ending): Promise<JsonText | undefined> {
    return subscription.service.insist(kind, () => subscription.question());
  }

  private again({ subscription, kind, ...ending }: Ending): Promise<void> {
    const { service } = subscription;
    const question = { ...subscription.question(), isRepeated: true };
    return this.repetition.again({ service: service.name, callback: kind, ...ending }, () =>
      service.insist(kind, () => question),
    );
  }
}
