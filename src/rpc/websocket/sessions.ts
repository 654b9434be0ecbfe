import { Injectable } from '@nestjs/common';
import type { Authenticated } from '../../auth/authenticated.js';
import { Drain } from '../../base/drain.js';
import type { Draining } from '../../base/lifetime.js';
import { ProceduresSettings } from '../../config/sections/procedures/procedures.settings.js';
import type { Client } from '../../clients/client.js';
import { Clients } from '../../clients/clients.js';
import type { Connection } from '../../connection/connection.js';
import { CallerHooks } from '../../procedures/methods/caller-hooks.js';
import { CLOSE_REASONS } from '../../protocol/close-reason.js';
import { ClientError } from '../../protocol/errors.js';
import { expiresIn } from '../../protocol/expires-in.js';
import type { JsonMembers } from '../../protocol/json/json.js';
import { KITTIWAKE_V1 } from '../../protocol/sub-protocol.js';
import { RpcHello } from './hello.js';

interface RpcSession {
  readonly identity: JsonMembers;
  readonly client: Client;
  /** Whether the hooks of its begin have run. */
  isTold: boolean;
}

/** The sessions of all connections for procedures; each lasts until the hooks of its end have run. */
@Injectable()
export class RpcSessions implements Draining {
  private readonly byConnection = new Map<Connection, RpcSession>();
  private readonly drain = new Drain();

  constructor(
    private readonly settings: ProceduresSettings,
    private readonly hello: RpcHello,
    private readonly hooks: CallerHooks,
    private readonly clients: Clients,
  ) {}

  /** Begins a session; frames of the client wait until the hooks of its begin have run. */
  begin(connection: Connection, authenticated: Authenticated): void {
    const { identity, expiresAtMs } = authenticated;
    connection.admit();
    const endsAtMs = this.settings.endWithToken ? expiresAtMs : undefined;
    connection.expireAt(endsAtMs);
    if (connection.subProtocol === KITTIWAKE_V1)
      connection.sendText(this.hello.textFor(connection.id, expiresIn(endsAtMs)));
    this.drain.begin();
    const client = this.clients.enter(connection, authenticated);
    const session: RpcSession = { identity, client, isTold: false };
    this.byConnection.set(connection, session);
    connection.runNext(() => this.admit(session, authenticated));
  }

  identityOf(connection: Connection): JsonMembers {
    return this.byConnection.get(connection)!.identity;
  }

  /** The client of a connection; nothing for one that is none for procedures. */
  clientOf(connection: Connection): Client | undefined {
    return this.byConnection.get(connection)?.client;
  }

  end(connection: Connection): void {
    const session = this.byConnection.get(connection);
    if (!session) return;
    this.byConnection.delete(connection);
    this.clients.leave(session.client);
    void this.told(session).finally(() => this.drain.end());
  }

  private async admit(session: RpcSession, authenticated: Authenticated): Promise<void> {
    const { connection } = session.client;
    try {
      await session.client.sit();
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      connection.close(CLOSE_REASONS.tooManyOfIdentity);
      return;
    }
    this.clients.admitted(connection, authenticated);
    session.isTold = true;
    await this.hooks.connected(session.identity);
  }

  private async told({ identity, isTold }: RpcSession): Promise<void> {
    if (isTold) await this.hooks.disconnected(identity);
  }

  /** Resolves when every session has ended and its hooks have run. */
  drained(): Promise<void> {
    return this.drain.drained();
  }
}
