import { Injectable } from '@nestjs/common';
import type { Authenticated } from '../../auth/authenticated.js';
import { Drain } from '../../base/drain.js';
import type { Draining } from '../../base/lifetime.js';
import { ProceduresSettings } from '../../config/sections/procedures/procedures.settings.js';
import type { Connection } from '../../connection/connection.js';
import { CallerHooks } from '../../procedures/methods/caller-hooks.js';
import { expiresIn } from '../../protocol/expires-in.js';
import type { JsonMembers } from '../../protocol/json/json.js';
import { KITTIWAKE_V1 } from '../../protocol/sub-protocol.js';
import { RpcHello } from './hello.js';

/** The sessions of all connections for procedures; each lasts until the hooks of its end have run. */
@Injectable()
export class RpcSessions implements Draining {
  private readonly identities = new Map<Connection, JsonMembers>();
  private readonly drain = new Drain();

  constructor(
    private readonly settings: ProceduresSettings,
    private readonly hello: RpcHello,
    private readonly hooks: CallerHooks,
  ) {}

  /** Begins a session; frames of the client wait until the hooks of its begin have run. */
  begin(connection: Connection, { identity, expiresAtMs }: Authenticated): void {
    connection.admit();
    const endsAtMs = this.settings.endWithToken ? expiresAtMs : undefined;
    connection.expireAt(endsAtMs);
    if (connection.subProtocol === KITTIWAKE_V1)
      connection.sendText(this.hello.textFor(connection.id, expiresIn(endsAtMs)));
    this.drain.begin();
    this.identities.set(connection, identity);
    connection.runNext(() => this.hooks.connected(identity));
  }

  identityOf(connection: Connection): JsonMembers {
    return this.identities.get(connection)!;
  }

  end(connection: Connection): void {
    const identity = this.identities.get(connection);
    if (!identity) return;
    this.identities.delete(connection);
    void this.hooks.disconnected(identity).finally(() => this.drain.end());
  }

  /** Resolves when every session has ended and its hooks have run. */
  drained(): Promise<void> {
    return this.drain.drained();
  }
}
