import { Injectable } from '@nestjs/common';
import type { ClientDomain, ClientSession } from '../../clients/client-domain.js';
import type { Connection } from '../../connection/connection.js';
import { RpcSessions } from './sessions.js';

/** The clients for procedures, for those to whom it makes no difference which protocol a client speaks. */
@Injectable()
export class RpcClients implements ClientDomain {
  constructor(private readonly sessions: RpcSessions) {}

  /** See {@link ClientDomain.sessionOf}. They subscribe to nothing. */
  sessionOf(connection: Connection): ClientSession | undefined {
    const client = this.sessions.clientOf(connection);
    return (
      client && {
        client,
        subscriptionCount: 0,
        subscriptions: () => [],
        isSubscribedTo: () => false,
        unsubscribe: () => 0,
      }
    );
  }

  /** See {@link ClientDomain.subscribersOf}. */
  subscribersOf(): Iterable<Connection> {
    return [];
  }
}
