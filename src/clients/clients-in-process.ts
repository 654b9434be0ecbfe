import { Injectable } from '@nestjs/common';
import { type JsonMembers, toJsonText } from '../protocol/json/json.js';
import { type ClientSelection, readSelection } from './client-selection.js';
import { type ConnectionPage, ConnectionPages } from './connection-pages.js';
import { readConnectionQuery } from './connection-query.js';
import type { Counted } from './counted.js';
import { Revocations } from './revocation/revocations.js';
import { readWish } from './revocation/revocation-wish.js';
import { Removals } from './removals.js';

/** Some clients: those to whom all of it applies. One at least has to be given. */
export interface ClientQuery {
  /** Their identity: the value of the field `auth.identityField`. */
  readonly identity?: string | number | bigint | boolean | undefined;
  /** The id of the token (`jti`) that they have authenticated with. */
  readonly tokenId?: string | undefined;
  /** The id of a connection. */
  readonly connectionId?: string | undefined;
  /** A topic that they are subscribed to. */
  readonly topic?: string | undefined;
  /** A room that they are subscribed to, exactly as they are. */
  readonly room?: object | undefined;
}

/** Which connections, and how many of them; without any criterion, all. */
export interface ConnectionsQuery extends ClientQuery {
  readonly address?: string | undefined;
  /** The name of a node, as entries have it. */
  readonly node?: string | undefined;
  /** The most of a page, 1 to 1000. Default: 100. */
  readonly limit?: number | undefined;
  /** That of the page before. */
  readonly cursor?: string | undefined;
  /** Whether what they are subscribed to is listed, too. Default: false. */
  readonly listsSubscriptions?: boolean | undefined;
}

/** Options of a revocation. */
export interface RevokeOptions {
  /** For how long it is remembered, in milliseconds: as long as the tokens live. Default: `auth.revocationTtl`. */
  readonly ttlMs?: number | undefined;
  /** Of an identity, only tokens that were issued until then. Default: now. */
  readonly issuedUntil?: Date | undefined;
}

/** The number of connections closed, on all nodes that have answered, and until when the revocation is remembered. */
export interface RevokeResult extends Counted {
  readonly until: Date;
}

/** Clients, as the app reaches them that the gateway is part of. */
@Injectable()
export class ClientsInProcess {
  constructor(
    private readonly removals: Removals,
    private readonly revocations: Revocations,
    private readonly pages: ConnectionPages,
  ) {}

  /** See `Kittiwake.disconnect`. @throws as that says. */
  async disconnect(query: ClientQuery, comesBack: boolean): Promise<Counted> {
    return this.removals.disconnect(selectionOf(query), comesBack);
  }

  /** See `Kittiwake.revoke`. @throws as that says. */
  async revoke(
    query: Pick<ClientQuery, 'identity' | 'tokenId'>,
    { issuedUntil, ttlMs }: RevokeOptions,
  ): Promise<RevokeResult> {
    const members = membersOf(query);
    if (issuedUntil !== undefined) members.set('issued_until', toJsonText(secondsOf(issuedUntil)));
    if (ttlMs !== undefined) members.set('ttl', toJsonText(ttlMs / 1000));
    const { untilMs, ...counted } = await this.revocations.revoke(readWish(members));
    return { ...counted, until: new Date(untilMs) };
  }

  /** See `Kittiwake.connections`. @throws as that says. */
  async connections({
    listsSubscriptions,
    address,
    node,
    limit,
    cursor,
    ...query
  }: ConnectionsQuery): Promise<ConnectionPage> {
    const members = membersOf(query);
    for (const [name, value] of Object.entries({
      address,
      node,
      limit,
      cursor,
      subscriptions: listsSubscriptions,
    }))
      if (value !== undefined) members.set(name, toJsonText(value));
    return this.pages.read(readConnectionQuery(members));
  }

  /** See `Kittiwake.unsubscribe`. @throws as that says. */
  async unsubscribe(query: ClientQuery): Promise<Counted> {
    return this.removals.unsubscribe(selectionOf(query));
  }
}

/** The `iat` of tokens is in whole seconds. */
function secondsOf(time: Date): number {
  return time.getTime() / 1000;
}

function selectionOf(query: ClientQuery): ClientSelection {
  return readSelection(membersOf(query));
}

function membersOf({ tokenId, connectionId, ...query }: ClientQuery): JsonMembers {
  const members: JsonMembers = new Map();
  for (const [name, value] of Object.entries({ ...query, token_id: tokenId, connection: connectionId }))
    if (value !== undefined) members.set(name, toJsonText(value));
  return members;
}
