import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import type { Connection } from '../../connection/connection.js';
import type { GuestGateway, HandshakeHeaders } from '../../connection/endpoint/endpoint.js';
import type { ClientEvent } from '../../events/client-event.js';
import { Reply } from '../../events/reply.js';
import { presenceWish } from '../../presence/presence-options.js';
import type { EndReason } from '../../protocol/end-reason.js';
import { ClientError } from '../../protocol/errors.js';
import { type JsonText, toJsonText } from '../../protocol/json/json.js';
import { comebackOf } from '../recovery/room-comeback.js';
import { RoomSessions } from '../room-sessions.js';
import { RoomStatus } from '../room-status.js';
import { RoomSubscriptions } from '../room-subscriptions.js';
import { JOIN_ERRORS, joinError } from './join-errors.js';
import { JoiningAdmission } from './joining-admission.js';

/** Rooms for clients of `/ws` that speak `kittiwake.v1.json`, beside their topics. */
@WebSocketGateway()
export class JoiningGateway implements GuestGateway {
  constructor(
    private readonly sessions: RoomSessions,
    private readonly admission: JoiningAdmission,
    private readonly subscriptions: RoomSubscriptions,
    private readonly status: RoomStatus,
  ) {}

  /** See {@link GuestGateway}, here and below. */
  headersOf(handshake: IncomingMessage): HandshakeHeaders {
    return this.sessions.headersOf(handshake);
  }

  handleDisconnect(connection: Connection, reason: EndReason): void {
    this.sessions.end(connection, reason);
  }

  @SubscribeMessage('join')
  join(connection: Connection, { members, value }: ClientEvent): Promise<void> {
    const id = members.get('id');
    return this.answer('join', new Reply(connection, { event: 'join', id }), async () => {
      const comeback = comebackOf(members);
      const session = await this.admission.sessionOf(connection);
      const ref = session.nextRef;
      const wish = { room: members.get('room'), requestId: ref, reportsDrops: value.report_drops === true };
      const view = presenceWish(value.presence);
      const reply = new Reply(connection, { event: 'join', ref, id });
      const hasJoined = await this.subscriptions.join(
        session,
        wish,
        { comeback, view },
        (beginning, presence) => reply.subscribed(undefined, beginning, presence),
      );
      if (!hasJoined) throw JOIN_ERRORS.alreadyJoined();
    });
  }

  @SubscribeMessage('leave')
  leave(connection: Connection, { members, value }: ClientEvent): Promise<void> {
    const ref = refIn(value.ref);
    const reply = new Reply(connection, { event: 'leave', ref, id: members.get('id') });
    return this.answer('leave', reply, async () => {
      const session = this.admission.find(connection);
      if (!session || ref === undefined) throw JOIN_ERRORS.notJoined();
      this.subscriptions.unsubscribe(session, ref);
      reply.ok();
    });
  }

  private async answer(event: string, reply: Reply, handle: () => Promise<void>): Promise<void> {
    try {
      await handle();
      this.status.received(event, 'success');
    } catch (error) {
      this.status.received(event, 'error');
      if (!(error instanceof ClientError)) throw error;
      reply.error(joinError(error));
    }
  }
}

/** The number of a room, as JSON. */
function refIn(given: unknown): JsonText | undefined {
  return typeof given === 'number' ? toJsonText(given) : undefined;
}
