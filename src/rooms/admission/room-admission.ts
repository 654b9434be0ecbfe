import { Injectable, Logger } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../base/message-of.js';
import { DigestedLog } from '../../metrics/digested-log.js';
import { CLOSE_REASONS } from '../../protocol/close-reason.js';
import type { EndReason } from '../../protocol/end-reason.js';
import { RoomLeases } from './room-leases.js';
import { RoomRefusal } from './room-refusal.js';
import { RoomRenewals } from './room-renewals.js';
import { RoomReply } from '../room-reply.js';
import type { RoomSession } from '../room-session.js';
import type { Permissions } from '../room/permissions.js';
import { RoomsApp } from './rooms-app.js';
import { RoomsHello } from './rooms-hello.js';

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
      const permissions = await this.ask(session);
      if (permissions) new RoomReply(session).authorized(permissions.text, this.hello.members);
    } catch (error) {
      if (!(error instanceof RoomRefusal)) throw error;
      if (connection.isOpen) await this.turnAway(session, error);
    }
  }

  /** Tells a client that it is not let in, and closes it. */
  async turnAway(session: RoomSession, refusal: RoomRefusal): Promise<void> {
    new RoomReply(session).refused(refusal);
    await delay(REFUSAL_MS);
    session.connection.close(refusal.reason);
  }

  /**
   * Asks the app what a client may join, and lets it in.
   * @returns that; nothing when the client is gone.
   * @throws {RoomRefusal} when it is not let in.
   */
  async ask(session: RoomSession): Promise<Permissions | undefined> {
    const { connection } = session;
    try {
      const permissions = await this.app.firstPermissionsOf(session);
      if (!connection.isOpen) return undefined;
      this.letIn(session, permissions);
      return permissions;
    } catch (error) {
      const refusal = new RoomRefusal(error);
      if (connection.isOpen && refusal.reason === CLOSE_REASONS.appUnavailable)
        this.warnings.warn('admission', `a client was refused: ${messageOf(error)}`, connection);
      throw refusal;
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
    this.renewals.begin(session);
    this.leases.begin(session);
    void this.app.tell('onConnect', session);
  }
}
