import { Inject, Injectable } from '@nestjs/common';
import type { Connection } from '../connection/connection.js';
import { Connections } from '../connection/connections.js';
import { CLIENT_DOMAINS, type ClientDomain, type ClientSession } from './client-domain.js';
import type { ClientSelection, Subject } from './client-selection.js';
import { Clients } from './clients.js';
import { JointSession } from './joint-session.js';

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
      const one = this.match(selection, connection);
      if (one) found.push(one);
    }
    return found;
  }

  /** All to whom a selection may apply, in the order in which they began. See {@link match}. */
  inOrder(selection: ClientSelection): Iterable<Connection> {
    const all = this.candidates(selection);
    return Object.keys(selection).every((part) => selection[part as keyof ClientSelection] === undefined)
      ? all
      : [...all].toSorted((a, b) => a.number - b.number);
  }

  /** The client of a connection that is open, if a selection applies to it. */
  match(selection: ClientSelection, connection: Connection): FoundClient | undefined {
    if (!connection.isOpen) return undefined;
    const session = this.sessionOf(connection);
    return applies(selection, connection, session) ? { connection, session } : undefined;
  }

  sessionOf(connection: Connection): ClientSession | undefined {
    let found: ClientSession | undefined;
    for (const domain of this.domains) {
      const session = domain.sessionOf(connection);
      if (session) found = found ? new JointSession(found, session) : session;
    }
    return found;
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
