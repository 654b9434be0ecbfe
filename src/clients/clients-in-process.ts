import { Injectable } from '@nestjs/common';
import { type JsonMembers, toJsonText } from '../protocol/json/json.js';
import { type ClientSelection, readSelection } from './client-selection.js';
import type { Counted } from './counted.js';
import { Removals } from './removals.js';

/** Some clients: those to whom all of it applies. One at least has to be given. */
export interface ClientQuery {
  /** Whose: the value of the identity's field `auth.identityField`. */
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

/** Clients, as the app reaches them that the gateway is part of. */
@Injectable()
export class ClientsInProcess {
  constructor(private readonly removals: Removals) {}

  /** See `Kittiwake.disconnect`. @throws as that says. */
  async disconnect(query: ClientQuery, comesBack: boolean): Promise<Counted> {
    return this.removals.disconnect(selectionOf(query), comesBack);
  }

  /** See `Kittiwake.unsubscribe`. @throws as that says. */
  async unsubscribe(query: ClientQuery): Promise<Counted> {
    return this.removals.unsubscribe(selectionOf(query));
  }
}

function selectionOf({ tokenId, connectionId, ...query }: ClientQuery): ClientSelection {
  const members: JsonMembers = new Map();
  for (const [name, value] of Object.entries({ ...query, token_id: tokenId, connection: connectionId }))
    if (value !== undefined) members.set(name, toJsonText(value));
  return readSelection(members);
}
