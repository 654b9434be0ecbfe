import { Injectable } from '@nestjs/common';
import type { Authenticated } from '../auth/authenticated.js';
import { Drain } from '../base/drain.js';
import type { Draining } from '../base/lifetime.js';
import { Clients } from '../clients/clients.js';
import type { Connection } from '../connection/connection.js';
import type { EndReason } from '../protocol/end-reason.js';
import type { ClientEvent } from '../events/client-event.js';
import { Endings } from './ending/endings.js';
import { Session } from './session/session.js';
import { SubscriptionLeases } from './ending/subscription-leases.js';
import { TopicAuthentication } from './topic-authentication.js';

/** The sessions of all connections to topics, until the last callback of their end is done. */
@Injectable()
export class Sessions implements Draining {
  private readonly byConnection = new Map<Connection, Session>();
  private readonly drain = new Drain();

  constructor(
    private readonly authentication: TopicAuthentication,
    private readonly endings: Endings,
    private readonly clients: Clients,
    private readonly leases: SubscriptionLeases,
  ) {}

  /** The number of sessions, apart from those that are ending. */
  get count(): number {
    return this.byConnection.size;
  }

  begin(connection: Connection): void {
    this.drain.begin();
    this.byConnection.set(connection, new Session(connection));
  }

  of(connection: Connection): Session {
    return this.byConnection.get(connection)!;
  }

  /** As {@link of}; nothing for a connection that is none to topics, or has not begun. */
  find(connection: Connection): Session | undefined {
    return this.byConnection.get(connection);
  }

  /** Authenticates the client of a session. @throws what {@link TopicAuthentication.authenticate} throws. */
  async authenticate(session: Session, event: ClientEvent): Promise<Authenticated> {
    const authenticated = await this.authentication.authenticate(session, event);
    const { connection } = session;
    const client = await this.clients.admit(connection, authenticated, session.client);
    session.client = client;
    if (!connection.isOpen) this.clients.leave(client);
    session.authenticated(authenticated);
    this.leases.allChanged(session);
    return authenticated;
  }

  /** Handles that the client was told of the refusal of its proof; see {@link TopicAuthentication.refused}. */
  refused(session: Session, error: unknown): void {
    this.authentication.refused(session, error);
  }

  end(connection: Connection, reason: EndReason): void {
    const session = this.byConnection.get(connection);
    if (!session) return;
    this.byConnection.delete(connection);
    this.clients.leave(session.client);
    void this.endings.ofSession(session, reason).finally(() => this.drain.end());
  }

  /** Resolves when every session has ended and the app has been told. */
  async drained(): Promise<void> {
    await this.drain.drained();
    await this.endings.drained();
  }
}
