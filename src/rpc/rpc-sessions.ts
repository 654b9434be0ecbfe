import { Injectable } from '@nestjs/common';
import type { Authenticated } from '../auth/authenticated.js';
import { Expiry } from '../auth/expiry.js';
import { Settings } from '../config/settings.js';
import type { Connection } from '../connection/connection.js';
import { CallerHooks } from '../procedures/caller-hooks.js';
import { CLOSE_REASONS } from '../protocol/close-reason.js';
import type { JsonMembers } from '../protocol/json.js';

/** What is known of a client that calls procedures. */
interface RpcSession {
  readonly identity: JsonMembers;
  readonly expiry: Expiry | undefined;
}

/** The sessions of all connections for procedures, until the app has been told of their end. */
@Injectable()
export class RpcSessions {
  private readonly byConnection = new Map<Connection, RpcSession>();
  private ending = 0;
  private whenDrained: (() => void)[] = [];

  constructor(
    private readonly settings: Settings,
    private readonly hooks: CallerHooks,
  ) {}

  /** Begins a session; what the client sends waits until the app has been told. */
  begin(connection: Connection, { identity, expiresAtMs }: Authenticated): void {
    connection.isAdmitted = true;
    const close = (): void => connection.close(CLOSE_REASONS.sessionExpired);
    const isEnding = expiresAtMs !== undefined && this.settings.procedures?.endWithToken === true;
    const expiry = isEnding ? new Expiry(expiresAtMs, close) : undefined;
    this.byConnection.set(connection, { identity, expiry });
    connection.runNext(() => this.hooks.connected(identity));
  }

  identityOf(connection: Connection): JsonMembers {
    return this.byConnection.get(connection)!.identity;
  }

  end(connection: Connection): void {
    const session = this.byConnection.get(connection);
    if (!session) return;
    this.byConnection.delete(connection);
    session.expiry?.cancel();
    void this.tellEnd(session);
  }

  /** Resolves when every session has ended and the app has been told. */
  async drained(): Promise<void> {
    const drained = new Promise<void>((resolve) => this.whenDrained.push(resolve));
    this.checkDrained();
    await drained;
  }

  private async tellEnd({ identity }: RpcSession): Promise<void> {
    this.ending++;
    await this.hooks.disconnected(identity);
    this.ending--;
    this.checkDrained();
  }

  private checkDrained(): void {
    if (this.byConnection.size > 0 || this.ending > 0) return;
    for (const resolve of this.whenDrained.splice(0)) resolve();
  }
}
