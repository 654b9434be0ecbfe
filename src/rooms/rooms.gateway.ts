import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import type { PresenceView } from '../config/sections/presence.settings.js';
import type { Connection } from '../connection/connection.js';
import type { Denial } from '../connection/endpoint/denial.js';
import type { Gateway, GatewayProtocol } from '../connection/endpoint/endpoint.js';
import { presenceWish } from '../presence/presence-options.js';
import { CLOSE_REASONS } from '../protocol/close-reason.js';
import type { EndReason } from '../protocol/end-reason.js';
import { ClientError } from '../protocol/errors.js';
import { type JsonMembers, type JsonText, valueOf } from '../protocol/json/json.js';
import { KITTIWAKE_V1 } from '../protocol/sub-protocol.js';
import { comebackOf } from './recovery/room-comeback.js';
import { ROOM_ERRORS } from './room-errors.js';
import {
  decodeRoomMessage,
  isRoomPing,
  ROOM_NOT_JSON,
  ROOM_PING,
  type RoomMessage,
  ROOM_UNKNOWN,
} from './room-message.js';
import { RoomReply } from './room-reply.js';
import type { RoomSession } from './room-session.js';
import { RoomSessions } from './room-sessions.js';
import { RoomStatus } from './room-status.js';
import { RoomSubscriptions } from './room-subscriptions.js';
import { RoomsApp } from './admission/rooms-app.js';

/** A request id is kept, and copied into every publication. */
const MAX_REQUEST_ID_LENGTH = 1024;

/** High-Templar's client protocol: reads messages, calls the domain, answers. */
@WebSocketGateway()
export class RoomsGateway implements Gateway {
  readonly protocol: GatewayProtocol = {
    decode: decodeRoomMessage,
    overtakes: isRoomPing,
    isEager: true,
    prescribedCodes: new Map([
      [CLOSE_REASONS.forbidden, 1000],
      [CLOSE_REASONS.disconnected, 1000],
      [CLOSE_REASONS.appUnavailable, 1000],
      [CLOSE_REASONS.tooManyFailures, 1000],
      [CLOSE_REASONS.idle, 1000],
      [CLOSE_REASONS.notAuthenticated, 4401],
    ]),
  };

  constructor(
    private readonly sessions: RoomSessions,
    private readonly subscriptions: RoomSubscriptions,
    private readonly status: RoomStatus,
    private readonly app: RoomsApp,
  ) {}

  handleConnection(connection: Connection, request: IncomingMessage): void {
    this.sessions.begin(connection, request);
  }

  handleDisconnect(connection: Connection, reason: EndReason): void {
    this.sessions.end(connection, reason);
  }

  turnAway(connection: Connection, denial: Denial): void {
    this.sessions.turnAway(connection, denial);
  }

  @SubscribeMessage(ROOM_PING)
  ping(connection: Connection): void {
    connection.sendText('pong');
    this.status.received(ROOM_PING, 'success');
    this.app.pinged(this.sessions.of(connection));
  }

  @SubscribeMessage('subscribe')
  subscribe(connection: Connection, { members }: RoomMessage): void | Promise<void> {
    const isExtended = connection.subProtocol === KITTIWAKE_V1;
    const reportsDrops = isExtended && members.get('reportDrops') === 'true';
    return this.answer(connection, 'subscribe', members, (session, requestId, reply) => {
      const wish = { room: members.get('room'), requestId, reportsDrops };
      const comeback = isExtended ? comebackOf(members) : undefined;
      const view = isExtended ? viewIn(members) : undefined;
      if (comeback)
        return this.subscriptions
          .follow(session, wish, comeback, (beginning) => reply.success(beginning))
          .then(() => view && this.subscriptions.show(session, wish, view));
      this.subscriptions.subscribe(session, wish);
      reply.success();
      return view && this.subscriptions.show(session, wish, view);
    });
  }

  @SubscribeMessage('unsubscribe')
  unsubscribe(connection: Connection, { members }: RoomMessage): void {
    void this.answer(connection, 'unsubscribe', members, (session, requestId, reply) => {
      this.subscriptions.unsubscribe(session, requestId);
      reply.success();
    });
  }

  @SubscribeMessage('status')
  reportStatus(connection: Connection): void {
    this.status.received('status', 'success');
    connection.sendText(JSON.stringify(this.status.report()));
  }

  @SubscribeMessage(ROOM_NOT_JSON)
  notJson(connection: Connection): void {
    this.unreadable(connection, ROOM_ERRORS.notJson());
  }

  @SubscribeMessage(ROOM_UNKNOWN)
  unknown(connection: Connection): void {
    this.unreadable(connection, ROOM_ERRORS.typeNotAllowed());
  }

  private unreadable(connection: Connection, error: ClientError): void {
    this.status.received('invalid', 'error');
    new RoomReply(this.sessions.of(connection)).unreadable(error);
  }

  private answer(
    connection: Connection,
    type: string,
    members: JsonMembers,
    handle: (session: RoomSession, requestId: JsonText, reply: RoomReply) => void | Promise<void>,
  ): void | Promise<void> {
    const session = this.sessions.of(connection);
    const requestId = members.get('requestId');
    const reply = new RoomReply(session, requestId);
    try {
      if (requestId === undefined || !isScalar(requestId)) throw ROOM_ERRORS.noRequestId();
      if (requestId.length > MAX_REQUEST_ID_LENGTH) throw ROOM_ERRORS.requestIdTooLong();
      const handling = handle(session, requestId, reply);
      if (handling) return this.later(handling, type, reply);
    } catch (error) {
      return this.failed(error, type, reply);
    }
    return this.status.received(type, 'success');
  }

  private async later(handling: Promise<void>, type: string, reply: RoomReply): Promise<void> {
    try {
      await handling;
    } catch (error) {
      return this.failed(error, type, reply);
    }
    this.status.received(type, 'success');
  }

  private failed(error: unknown, type: string, reply: RoomReply): void {
    this.status.received(type, 'error');
    if (!(error instanceof ClientError)) throw error;
    reply.error(error);
  }
}

/** The view of who is present that a client asks for. */
function viewIn(members: JsonMembers): PresenceView | undefined {
  const given = members.get('presence');
  return given && presenceWish(valueOf(given));
}

function isScalar(text: JsonText): boolean {
  return text[0] !== '{' && text[0] !== '[';
}
