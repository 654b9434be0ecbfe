import { Injectable } from '@nestjs/common';
import type { ClientDomain, ClientSession } from '../clients/client-domain.js';
import type { Subject } from '../clients/client-selection.js';
import type { Connection } from '../connection/connection.js';
import { Hub } from '../delivery/hub.js';
import { ClientError } from '../protocol/errors.js';
import { Endings } from './ending/endings.js';
import { DEFAULT_REFUSALS } from './topic-errors.js';
import type { Session } from './session/session.js';
import { Sessions } from './sessions.js';

/** The clients of topics, for those to whom it makes no difference which protocol a client speaks. */
@Injectable()
export class TopicClients implements ClientDomain {
  constructor(
    private readonly sessions: Sessions,
    private readonly hub: Hub,
    private readonly endings: Endings,
  ) {}

  /** See {@link ClientDomain.sessionOf}. */
  sessionOf(connection: Connection): ClientSession | undefined {
    const session = this.sessions.find(connection);
    return session && new TopicClient(session, this.endings);
  }

  /** See {@link ClientDomain.subscribersOf}. */
  subscribersOf(subject: Subject): Iterable<Connection> {
    return 'topic' in subject ? this.hub.connectionsOn(subject.topic) : [];
  }
}

/** See {@link ClientSession}, here and below. */
class TopicClient implements ClientSession {
  constructor(
    private readonly session: Session,
    private readonly endings: Endings,
  ) {}

  get client(): ClientSession['client'] {
    return this.session.client;
  }

  get subscriptionCount(): number {
    return this.session.subscriptions.size;
  }

  subscriptions(): Iterable<string> {
    return this.session.subscriptions.keys();
  }

  isSubscribedTo(subject: Subject): boolean {
    return 'topic' in subject && this.session.subscriptions.has(subject.topic);
  }

  unsubscribe(subject: Subject | undefined): number {
    let count = 0;
    for (const subscription of this.session.subscriptions.values()) {
      const isMeant = !subject || ('topic' in subject && subject.topic === subscription.topic);
      if (!isMeant || subscription.isOver) continue;
      this.endings.lapse(this.session, subscription, endedByService(), 'revoked');
      count++;
    }
    return count;
  }
}

/** Clients know it as the end of an authorization. */
function endedByService(): ClientError {
  const { code, text } = DEFAULT_REFUSALS.unauthorized;
  return new ClientError(code, text, {
    verdict: { by: 'a service', why: 'it has ended the subscription' },
  });
}
