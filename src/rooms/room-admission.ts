import { Injectable, Logger } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../base/message-of.js';
import { Refusal } from '../callbacks/refusal.js';
import { DigestedLog } from '../metrics/digested-log.js';
import { CLOSE_REASONS, type CloseReason } from '../protocol/close-reason.js';
import type { EndReason } from '../protocol/end-reason.js';
import { ClientError, type Verdict } from '../protocol/errors.js';
import { BY_GATEWAY } from '../protocol/verdict.js';
import { RoomLeases } from './room-leases.js';
import { RoomRenewals } from './room-renewals.js';
import { RoomReply } from './room-reply.js';
import type { RoomSession } from './room-session.js';
import type { Permissions } from './room/permissions.js';
import { RoomsApp } from './rooms-app.js';
import { RoomsHello } from './rooms-hello.js';

const BY_APP: Verdict = { by: 'the app (rooms.api)', why: 'it does not let the client in' };
/** The time that a refused client has to read the reason before it is closed. */
const REFUSAL_MS = 100;

/** Lets clients of rooms in, or refuses them, as the app says; tells it of those let in, and when they leave. */
@Injectable()
export class RoomAdmission {
  private readonly warnings = new DigestedLog(new Logger('Rooms'));
  private count = 0;

  constructor(
    private readonly app: RoomsApp,
    private readonly renewals: RoomRenewals,
    private readonly hello: RoomsHello,
    private readonly leases: RoomLeases,
  ) {}

  /** The number of connected clients that have been let in. */
  get admittedCount(): number {
    return this.count;
  }

  /** Asks the app what a client may join, and lets it in, or tells it why not and closes it. */
  async admit(session: RoomSession): Promise<void> {
    const { connection } = session;
    try {
      const permissions = await this.app.firstPermissionsOf(session);
      if (connection.isOpen) this.letIn(session, permissions);
    } catch (error) {
      if (connection.isOpen) await this.refuse(session, error);
    }
  }

  /** Handles the end of a client. */
  left(session: RoomSession, reason: EndReason): void {
    if (!session.permissions) return;
    this.count--;
    void this.leases.end(session, reason, (end) => this.app.tellEnd(session, end));
  }

  private letIn(session: RoomSession, permissions: Permissions): void {
    session.permissions = permissions;
    session.connection.admit();
    this.count++;
    new RoomReply(session).authorized(permissions.text, this.hello.members);
    this.renewals.begin(session);
    this.leases.begin(session);
    void this.app.tell('onConnect', session);
  }

  private async refuse(session: RoomSession, error: unknown): Promise<void> {
    const reason = reasonOf(error);
    if (reason === CLOSE_REASONS.appUnavailable)
      this.warnings.warn('admission', `a client was refused: ${messageOf(error)}`, session.connection);
    const verdict = isRefusal(error)
      ? BY_APP
      : (verdictIn(error) ?? { by: BY_GATEWAY, why: messageOf(error) });
    new RoomReply(session).refused(reason, verdict);
    await delay(REFUSAL_MS);
    session.connection.close(reason);
  }
}

function reasonOf(error: unknown): CloseReason {
  if (isRefusal(error)) return CLOSE_REASONS.forbidden;
  return error instanceof ClientError ? CLOSE_REASONS.tooManyFailures : CLOSE_REASONS.appUnavailable;
}

function verdictIn(error: unknown): Verdict | undefined {
  return error instanceof ClientError ? error.verdict : undefined;
}

function isRefusal(error: unknown): boolean {
  return error instanceof Refusal;
}
