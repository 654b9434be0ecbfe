import { Injectable } from '@nestjs/common';
import { monotonicMs } from '../../base/monotonic-ms.js';
import type { Connection } from '../../connection/connection.js';
import { ClientError } from '../../protocol/errors.js';
import { RoomAdmission } from '../admission/room-admission.js';
import { RoomRefusal } from '../admission/room-refusal.js';
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
    throwIfRefused(session);
    try {
      await this.admission.ask(session);
    } catch (error) {
      if (error instanceof RoomRefusal)
        session.refused = { error, untilMs: monotonicMs() + waitAfter(error) };
      throwIfRefused(session);
      throw error;
    }
  }
}

function waitAfter({ retryAfterMs = 0 }: RoomRefusal): number {
  return Math.max(ASK_AGAIN_MS, retryAfterMs);
}

/** @throws {ClientError} until the app can be asked again about a client that was not let in. */
function throwIfRefused({ refused }: JoiningSession): void {
  if (!refused) return;
  const { code, message, verdict } = refused.error;
  const retryAfterMs = refused.untilMs - monotonicMs();
  if (retryAfterMs > 0) throw new ClientError(code, message, { cause: refused.error, verdict, retryAfterMs });
}
