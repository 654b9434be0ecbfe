import { Injectable } from '@nestjs/common';
import type { ClientDomain, ClientSession } from '../clients/client-domain.js';
import type { Subject } from '../clients/client-selection.js';
import type { Connection } from '../connection/connection.js';
import type { RoomSession } from './room-session.js';
import { RoomSessions } from './room-sessions.js';
import { RoomSubscriptions } from './room-subscriptions.js';
import { Room } from './room/room.js';

/** The clients of rooms, for those to whom it makes no difference which protocol a client speaks. They have no identity. */
@Injectable()
export class RoomClients implements ClientDomain {
  constructor(
    private readonly sessions: RoomSessions,
    private readonly subscriptions: RoomSubscriptions,
  ) {}

  /** See {@link ClientDomain.sessionOf}. */
  sessionOf(connection: Connection): ClientSession | undefined {
    const session = this.sessions.find(connection);
    return session && new RoomClient(session, this.subscriptions);
  }

  /** See {@link ClientDomain.subscribersOf}. */
  *subscribersOf(subject: Subject): Iterable<Connection> {
    if (!('room' in subject)) return;
    const room = Room.parse(subject.room)!;
    for (const session of this.sessions.all) if (isIn(session, room)) yield session.connection;
  }
}

/** See {@link ClientSession}, here and below. */
class RoomClient implements ClientSession {
  readonly client = undefined;

  constructor(
    private readonly session: RoomSession,
    private readonly all: RoomSubscriptions,
  ) {}

  get subscriptionCount(): number {
    return this.session.subscriptionCount;
  }

  *subscriptions(): Iterable<string> {
    for (const rooms of this.session.subscriptions.values())
      for (const { room } of rooms.values()) yield room.text;
  }

  isSubscribedTo(subject: Subject): boolean {
    return 'room' in subject && isIn(this.session, Room.parse(subject.room)!);
  }

  unsubscribe(subject: Subject | undefined): number {
    if (subject && !('room' in subject)) return 0;
    return this.all.remove(this.session, subject && Room.parse(subject.room));
  }
}

function isIn({ subscriptions }: RoomSession, { id }: Room): boolean {
  for (const rooms of subscriptions.values()) if (rooms.has(id)) return true;
  return false;
}
