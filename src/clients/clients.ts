import { Injectable } from '@nestjs/common';
import type { Authenticated } from '../auth/authenticated.js';
import { AuthSettings } from '../config/sections/auth/auth.settings.js';
import type { Connection } from '../connection/connection.js';
import type { GatewayObserver, Observed } from '../observing/observed.js';
import { CLOSE_REASONS } from '../protocol/close-reason.js';
import { valueOf } from '../protocol/json/json.js';
import { Client } from './client.js';
import { IdentityLimits } from './limits/identity-limits.js';
import { RevocationList } from './revocation/revocation-list.js';

type Several = Client | Set<Client>;

/** The clients of this node that have proved who they are, by identity and by token. */
@Injectable()
export class Clients implements Observed {
  private observer: GatewayObserver | undefined;
  private readonly byIdentity = new Map<string, Several>();
  private readonly byToken = new Map<string, Several>();

  constructor(
    private readonly settings: AuthSettings,
    private readonly revoked: RevocationList,
    private readonly limits: IdentityLimits,
  ) {}

  /** See {@link Observed.observe}. */
  observe(observer: GatewayObserver): void {
    this.observer = observer;
  }

  /** Takes a client in, until {@link leave}. One whose proof was revoked since it was looked at is closed. */
  enter(connection: Connection, authenticated: Authenticated): Client {
    const client = new Client(connection, authenticated, this.settings.identityField, this.limits);
    add(this.byIdentity, client.identity, client);
    add(this.byToken, client.tokenId, client);
    if (this.revoked.revokes(client)) connection.close(CLOSE_REASONS.revoked);
    return client;
  }

  /**
   * As {@link enter}, within the limits of its identity. @param before who the client was until now.
   * @throws {ClientError} when there are too many.
   */
  async admit(connection: Connection, authenticated: Authenticated, before?: Client): Promise<Client> {
    const client = this.enter(connection, authenticated);
    try {
      await client.sit(before);
    } catch (error) {
      this.leave(client);
      throw error;
    }
    this.leave(before);
    this.admitted(connection, authenticated);
    return client;
  }

  /** Tells that a client has been let in with a proof. {@link admit} does it itself. */
  admitted(connection: Connection, { identity, tokenId }: Authenticated): void {
    if (!this.observer?.hears('authenticated')) return;
    const fields = Object.fromEntries([...identity].map(([name, text]) => [name, valueOf(text)]));
    this.observer.happened({ type: 'authenticated', connectionId: connection.id, identity: fields, tokenId });
  }

  /** The connection has ended, or its client has become another. */
  leave(client: Client | undefined): void {
    if (!client) return;
    client.stand();
    remove(this.byIdentity, client.identity, client);
    remove(this.byToken, client.tokenId, client);
  }

  /** @param identity canonical JSON. */
  ofIdentity(identity: string): readonly Client[] {
    return listed(this.byIdentity.get(identity));
  }

  ofToken(tokenId: string): readonly Client[] {
    return listed(this.byToken.get(tokenId));
  }
}

/** Most have one: a set of its own would take more than all the rest. */
function add(all: Map<string, Several>, key: string | undefined, client: Client): void {
  if (key === undefined) return;
  const before = all.get(key);
  if (before instanceof Set) before.add(client);
  else all.set(key, before ? new Set([before, client]) : client);
}

function remove(all: Map<string, Several>, key: string | undefined, client: Client): void {
  if (key === undefined) return;
  const before = all.get(key);
  if (before instanceof Set) before.delete(client);
  if (before === client || (before instanceof Set && before.size === 0)) all.delete(key);
}

function listed(several: Several | undefined): readonly Client[] {
  if (!several) return [];
  return several instanceof Set ? [...several] : [several];
}
