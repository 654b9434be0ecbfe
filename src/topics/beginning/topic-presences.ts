import { Injectable } from '@nestjs/common';
import type { Startable } from '../../base/lifetime.js';
import { AuthSettings } from '../../config/sections/auth/auth.settings.js';
import { memberOf } from '../../presence/member.js';
import { PresenceEndTeller } from '../../presence/presence-end-teller.js';
import type { PresencePlace } from '../../presence/presence-place.js';
import { Presences } from '../../presence/presences.js';
import type { JsonText } from '../../protocol/json/json.js';
import type { PresentTopicSubscription } from '../session/present-topic-subscription.js';
import { Services } from '../service/services.js';
import type { Service } from '../service/service.js';

/** No topic has such a name: topics have a dot. */
const CHANNEL_PREFIX = 'kittiwake:presence:topic:';

/** Gives what the client is told of who is present, and from then on the changes. */
export type ShowPresence = () => JsonText;

/** The members present in topics: those with a subscription. */
@Injectable()
export class TopicPresences implements Startable {
  constructor(
    private readonly presences: Presences,
    private readonly teller: PresenceEndTeller,
    private readonly services: Services,
    private readonly auth: AuthSettings,
  ) {}

  /** To be called when all services are known. */
  start(): void {
    if (this.services.withPresence().length > 0) this.teller.use();
  }

  /** As {@link placeOf}; nothing for what is no topic. */
  find(topic: string): PresencePlace | undefined {
    const service = this.services.find(topic);
    return service && this.placeOf(topic, service);
  }

  /** The place of the presence of a topic; nothing where none is kept. */
  placeOf(topic: string, { rules }: Service): PresencePlace | undefined {
    const { presence } = rules;
    if (!presence) return undefined;
    const channel = CHANNEL_PREFIX + encodeURIComponent(topic).replaceAll('.', '%2E');
    return { channel, max: presence.max, graceMs: presence.graceMs };
  }

  /**
   * A subscription is about to begin: its client is present from here on.
   * @returns what shows the client who is, if it wants to see it.
   * @throws {ClientError} when nobody can say who is present.
   */
  async enter(subscription: PresentTopicSubscription): Promise<ShowPresence | undefined> {
    const { connection, service, topic } = subscription;
    const head = `{"event":"presence","subscription":${JSON.stringify(topic)}`;
    const attendance = this.presences.attend(connection, this.placeOf(topic, service)!, head);
    if (subscription.isOver) return undefined;
    subscription.attendance = attendance;
    subscription.onRenewed = () => attendance.enter(this.memberOf(subscription));
    subscription.onRenewed();
    if (!subscription.wants) return undefined;
    if (subscription.view !== 'none') await attendance.look();
    return () => attendance.show(subscription.view, service.delivery.keyOf !== undefined);
  }

  private memberOf(subscription: PresentTopicSubscription): ReturnType<typeof memberOf> {
    const { service, connection, isShown } = subscription;
    if (!isShown) return undefined;
    const { presence } = service.rules;
    const keyField = presence!.key ?? this.auth.identityField;
    return memberOf(presence!, keyField, (name) => subscription.knownField(name), connection);
  }
}
