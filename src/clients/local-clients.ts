import { Inject, Injectable } from '@nestjs/common';
import type { Connection } from '../connection/connection.js';
import { Connections } from '../connection/connections.js';
import { CLIENT_DOMAINS, type ClientDomain, type ClientSession } from './client-domain.js';
import type { ClientSelection, Subject } from './client-selection.js';
import { Clients } from './clients.js';

/** A client of this node; one that has not begun, and has said nothing yet, has no session. */
export interface FoundClient {
  readonly connection: Connection;
  readonly session: ClientSession | undefined;
}

/** Finds clients of this node, by what is known best of them. */
@Injectable()
export class LocalClients {
  constructor(
    private readonly clients: Clients,
    private readonly connections: Connections,
    @Inject(CLIENT_DOMAINS) private readonly domains: readonly ClientDomain[],
  ) {}

  /** Those to whom all of a selection applies. */
  select(selection: ClientSelection): FoundClient[] {
    const found: FoundClient[] = [];
    for (const connection of this.candidates(selection)) {
      const session = this.sessionOf(connection);
      if (connection.isOpen && applies(selection, connection, session)) found.push({ connection, session });
    }
    return found;
  }

  sessionOf(connection: Connection): ClientSession | undefined {
    for (const domain of this.domains) {
      const session = domain.sessionOf(connection);
      if (session) return session;
    }
    return undefined;
  }

  private candidates(selection: ClientSelection): Iterable<Connection> {
    const { connection: id, tokenId, identity, subject } = selection;
    if (id !== undefined) return this.connections.withId(id);
    if (tokenId !== undefined) return this.clients.ofToken(tokenId).map(({ connection }) => connection);
    if (identity !== undefined) return this.clients.ofIdentity(identity).map(({ connection }) => connection);
    return subject ? this.subscribersOf(subject) : this.connections.all;
  }

  private subscribersOf(subject: Subject): Set<Connection> {
    return new Set(this.domains.flatMap((domain) => [...domain.subscribersOf(subject)]));
  }
}

function applies(
  { connection: id, tokenId, identity, subject }: ClientSelection,
  connection: Connection,
  session: ClientSession | undefined,
): boolean {
  if (id !== undefined && connection.id !== id) return false;
  if (tokenId !== undefined && session?.client?.tokenId !== tokenId) return false;
  if (identity !== undefined && session?.client?.identity !== identity) return false;
  return !subject || session?.isSubscribedTo(subject) === true;
}
