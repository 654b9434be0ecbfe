import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { RoomsSettings } from '../config/sections/rooms/rooms.settings.js';
import { Refusal } from '../callbacks/refusal.js';
import type { Connection } from '../connection/connection.js';
import type { Denial } from '../connection/endpoint/denial.js';
import { CLOSE_REASONS } from '../protocol/close-reason.js';
import { CallbackError } from '../protocol/errors.js';
import { RoomRefusal } from './admission/room-refusal.js';
import type { EndReason } from '../protocol/end-reason.js';
import { HeaderForwarding } from './app/handshake.js';
import { RoomAdmission } from './admission/room-admission.js';
import { RoomRenewals } from './admission/room-renewals.js';
import { RoomSession } from './room-session.js';
import { RoomSubscriptions } from './room-subscriptions.js';

/** The app is not asked about all clients at once. */
const RENEWALS_AT_A_TIME = 32;

/** The sessions of all connections to rooms. */
@Injectable()
export class RoomSessions {
  private readonly byConnection = new Map<Connection, RoomSession>();
  private readonly forwarding: HeaderForwarding;

  constructor(
    private readonly admission: RoomAdmission,
    private readonly subscriptions: RoomSubscriptions,
    private readonly renewals: RoomRenewals,
    { headers }: RoomsSettings,
  ) {
    this.forwarding = new HeaderForwarding(headers);
  }

  of(connection: Connection): RoomSession {
    return this.byConnection.get(connection)!;
  }

  /** As {@link of}; nothing for a connection that is none to rooms. */
  find(connection: Connection): RoomSession | undefined {
    return this.byConnection.get(connection);
  }

  /** All of them. */
  get all(): Iterable<RoomSession> {
    return this.byConnection.values();
  }

  /** Begins a session; whatever the client sends waits until the app has said what it may join. */
  begin(connection: Connection, handshake: IncomingMessage): void {
    const session = new RoomSession(connection, this.headersOf(handshake));
    this.add(session);
    connection.runNext(() => this.admission.admit(session));
  }

  /** Tells a client that may not connect so, as one that may join nothing. */
  turnAway(connection: Connection, { closing }: Denial): void {
    const isDown = closing === CLOSE_REASONS.appUnavailable;
    const cause = isDown
      ? new CallbackError('the app could not be asked whether it may connect')
      : new Refusal();
    void this.admission.turnAway(new RoomSession(connection, {}), new RoomRefusal(cause));
  }

  /** Adds one that was begun elsewhere. */
  add(session: RoomSession): void {
    this.byConnection.set(session.connection, session);
  }

  /** The headers of a client's handshake for the app. */
  headersOf(handshake: IncomingMessage): Readonly<Record<string, string>> {
    return this.forwarding.headersOf(handshake);
  }

  end(connection: Connection, reason: EndReason): void {
    const session = this.byConnection.get(connection);
    if (!session) return;
    this.byConnection.delete(connection);
    this.subscriptions.endAll(session, reason);
    this.admission.left(session, reason);
  }

  /** Asks the app again, for one connection or for all; see {@link RoomRenewals.renew}. */
  async renewAll(connectionId?: string): Promise<void> {
    const sessions = [...this.byConnection.values()].filter(
      (session) => session.permissions && (connectionId === undefined || session.id === connectionId),
    );
    while (sessions.length > 0) {
      const some = sessions.splice(0, RENEWALS_AT_A_TIME);
      await Promise.all(some.map((session) => this.renewals.renew(session)));
    }
  }
}
