import { Injectable } from '@nestjs/common';
import { monotonicMs } from '../../base/monotonic-ms.js';
import type { Connection } from '../../connection/connection.js';
import { RoomAdmission } from '../room-admission.js';
import { RoomRefusal } from '../room-refusal.js';
import { RoomSessions } from '../room-sessions.js';
import { JoiningSession } from './joining-session.js';

/** The time for which the app is not asked again about a client that it has refused, or that it could not be asked about. */
const ASK_AGAIN_MS = 5_000;
const NONE = {};

/** Lets clients of `/ws` in to rooms, as the app says, when they join the first. */
@Injectable()
export class JoiningAdmission {
  constructor(
    private readonly sessions: RoomSessions,
    private readonly admission: RoomAdmission,
  ) {}

  /** The session of a client that has joined something; nothing for another. */
  find(connection: Connection): JoiningSession | undefined {
    const session = this.sessions.find(connection);
    return session instanceof JoiningSession ? session : undefined;
  }

  /**
   * The session of a client, which the app is asked about at first.
   * @throws {ClientError} when it is not let in.
   */
  async sessionOf(connection: Connection): Promise<JoiningSession> {
    const session = this.find(connection) ?? this.begin(connection);
    if (!session.permissions) await this.ask(session);
    return session;
  }

  private begin(connection: Connection): JoiningSession {
    const session = new JoiningSession(connection, connection.headers ?? NONE);
    this.sessions.add(session);
    return session;
  }

  private async ask(session: JoiningSession): Promise<void> {
    const { refused } = session;
    if (refused && monotonicMs() < refused.untilMs) throw refused.error;
    try {
      await this.admission.ask(session);
    } catch (error) {
      if (error instanceof RoomRefusal) session.refused = { error, untilMs: monotonicMs() + ASK_AGAIN_MS };
      throw error;
    }
  }
}
