import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Startable } from '../base/lifetime.js';
import { AuthSettings } from '../config/sections/auth/auth.settings.js';
import type { PresenceSettings, PresenceView } from '../config/sections/presence.settings.js';
import { RoomsSettings } from '../config/sections/rooms/rooms.settings.js';
import type { Connection } from '../connection/connection.js';
import type { Attendance } from '../presence/attendance.js';
import { memberOf } from '../presence/member.js';
import { narrower, presenceOptions } from '../presence/presence-options.js';
import { PresenceEndTeller } from '../presence/presence-end-teller.js';
import type { PresencePlace } from '../presence/presence-place.js';
import { Presences } from '../presence/presences.js';
import type { JsonText } from '../protocol/json/json.js';
import type { RoomSession } from './room-session.js';
import type { RoomSubscription } from './subscription/room-subscription.js';
import { KnownPermissions } from './room/known-permissions.js';
import { Room } from './room/room.js';

const CHANNEL_PREFIX = 'kittiwake:presence:room:';

/** One client in one room, under however many request ids. */
interface Stay {
  readonly attendance: Attendance;
  subscriptions: number;
  isSeeing: boolean;
}

/** A room whose presence a client is to see. */
interface ShownRoom {
  readonly room: Room;
  /** The beginning of frames about it. */
  readonly head: string;
}

/** The rest of a frame for a client that sees nothing. */
const NOTHING = '"presence":false}';

/** The members present in rooms: those with a subscription to exactly this room. */
@Injectable()
export class RoomPresences implements Startable {
  private readonly stays = new Map<Connection, Map<string, Stay>>();

  constructor(
    private readonly presences: Presences,
    private readonly teller: PresenceEndTeller,
    private readonly rooms: RoomsSettings,
    private readonly auth: AuthSettings,
  ) {}

  start(): void {
    if (this.rooms.presence) this.teller.use();
  }

  /** As {@link placeOf}; nothing for what is no room. */
  find(text: JsonText): PresencePlace | undefined {
    const room = Room.parse(text);
    return room && this.placeOf(room);
  }

  /** The place of the presence of a room; nothing where none is kept. */
  placeOf({ id }: Room): PresencePlace | undefined {
    const { presence } = this.rooms;
    if (!presence) return undefined;
    const channel = CHANNEL_PREFIX + createHash('sha256').update(id).digest('base64url');
    return { channel, max: presence.max, graceMs: presence.graceMs };
  }

  /** A subscription has begun. */
  enter(session: RoomSession, { connection, room, presenceHead: head }: RoomSubscription): void {
    const { presence } = this.rooms;
    if (!presence) return;
    const rooms = this.stays.get(connection) ?? new Map<string, Stay>();
    this.stays.set(connection, rooms);
    const known = rooms.get(room.id);
    if (known) {
      known.subscriptions++;
      return;
    }
    const attendance = this.presences.attend(connection, this.placeOf(room)!, head);
    rooms.set(room.id, { attendance, subscriptions: 1, isSeeing: false });
    attendance.enter(this.memberOf(session, presence));
  }

  /** A subscription has ended. */
  leave({ connection, room }: RoomSubscription): void {
    const rooms = this.stays.get(connection);
    const stay = rooms?.get(room.id);
    if (!stay || --stay.subscriptions > 0) return;
    stay.attendance.end();
    rooms!.delete(room.id);
    if (rooms!.size === 0) this.stays.delete(connection);
  }

  /** Shows a client that has subscribed who is present in a room, and from then on what changes, if it may see it. */
  async show(session: RoomSession, { room, head }: ShownRoom, wish: PresenceView): Promise<void> {
    const { connection } = session;
    const stay = this.stays.get(connection)?.get(room.id);
    if (stay?.isSeeing) return;
    const view = narrower(wish, this.viewOf(session));
    if (!stay || view === 'none' || !(await this.isKnown(stay))) connection.sendText(`${head},${NOTHING}`);
    else {
      const told = stay.attendance.show(view, this.rooms.slowConsumer !== 'disconnect');
      connection.sendText(`${head},${told === 'false' ? NOTHING : told.slice(1)}`);
    }
  }

  /**
   * Finds out who is present in a room that a client has joined.
   * @returns what shows it the client, and from then on what changes; it gives false where the client may not see it.
   * @throws {ClientError} when nobody can say.
   */
  async look(
    session: RoomSession,
    { connection, room }: RoomSubscription,
    wish: PresenceView,
  ): Promise<() => JsonText> {
    const stay = this.stays.get(connection)?.get(room.id);
    if (!stay || narrower(wish, this.viewOf(session)) === 'none') return () => 'false' as JsonText;
    await stay.attendance.look();
    return () => {
      const view = narrower(wish, this.viewOf(session));
      return stay.attendance.show(view, this.rooms.slowConsumer !== 'disconnect');
    };
  }

  /** The app has been asked again about a client: it may see less, and be another. */
  renewed(session: RoomSession): void {
    const { presence } = this.rooms;
    const stays = presence && this.stays.get(session.connection)?.values();
    for (const { attendance } of stays ?? []) {
      attendance.narrow(this.viewOf(session));
      attendance.enter(this.memberOf(session, presence!));
    }
  }

  private async isKnown(stay: Stay): Promise<boolean> {
    stay.isSeeing = true;
    try {
      await stay.attendance.look();
    } catch {
      stay.isSeeing = false; // the client may ask again
    }
    return stay.isSeeing;
  }

  private viewOf(session: RoomSession): PresenceView {
    const { view } = presenceOptions(knownOf(session, 'options'));
    return view ?? this.rooms.presence?.show ?? 'none';
  }

  private memberOf(session: RoomSession, presence: PresenceSettings): ReturnType<typeof memberOf> {
    if (presenceOptions(knownOf(session, 'options')).isHidden) return undefined;
    const keyField = presence.key ?? this.auth.identityField;
    return memberOf(presence, keyField, (name) => knownOf(session, name), session.connection);
  }
}

function knownOf({ permissions }: RoomSession, name: string): JsonText | undefined {
  return permissions instanceof KnownPermissions ? permissions.known.get(name) : undefined;
}
