import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import { RoomsSettings } from '../config/sections/rooms/rooms.settings.js';
import type { Connection } from '../connection/connection.js';
import type { Gateway, GatewayProtocol } from '../connection/endpoint.js';
import { Metrics } from '../metrics/metrics.js';
import { CLOSE_REASONS } from '../protocol/close-reason.js';
import { ClientError } from '../protocol/errors.js';
import type { JsonMembers, JsonText } from '../protocol/json/json.js';
import { KITTIWAKE_V1 } from '../protocol/sub-protocol.js';
import { HeaderForwarding } from './app/handshake.js';
import { ROOM_ERRORS } from './room-errors.js';
import { decodeRoomMessage, isPing, NOT_JSON, PING, type RoomMessage, UNKNOWN } from './room-message.js';
import { RoomReply } from './room-reply.js';
import type { RoomSession } from './room-session.js';
import { RoomSessions } from './room-sessions.js';
import { RoomStatus } from './room-status.js';

/** High-Templar's. */
const PRESCRIBED_CODES = new Map([
  [CLOSE_REASONS.forbidden, 1000],
  [CLOSE_REASONS.appUnavailable, 1000],
  [CLOSE_REASONS.tooManyFailures, 1000],
  [CLOSE_REASONS.idle, 1000],
  [CLOSE_REASONS.notAuthenticated, 4401],
]);

/** A request id is kept, and copied into every publication. */
const MAX_REQUEST_ID_LENGTH = 1024;

/** High-Templar's client protocol: reads messages, calls the domain, answers. */
@WebSocketGateway()
export class RoomsGateway implements Gateway {
  readonly protocol: GatewayProtocol;
  private readonly forwarding: HeaderForwarding;

  constructor(
    settings: RoomsSettings,
    private readonly sessions: RoomSessions,
    private readonly status: RoomStatus,
    private readonly metrics: Metrics,
  ) {
    this.forwarding = new HeaderForwarding(settings.headers);
    this.protocol = {
      decode: decodeRoomMessage,
      overtakes: isPing,
      isEager: true,
      idleMs: settings.idleMs,
      prescribedCodes: PRESCRIBED_CODES,
    };
  }

  handleConnection(connection: Connection, request: IncomingMessage): void {
    this.sessions.begin(connection, this.forwarding.headersOf(request));
  }

  handleDisconnect(connection: Connection): void {
    this.sessions.end(connection);
  }

  @SubscribeMessage(PING)
  ping(connection: Connection): void {
    connection.sendText('pong');
    this.sessions.pinged(this.received(connection, PING));
  }

  @SubscribeMessage('subscribe')
  subscribe(connection: Connection, { members }: RoomMessage): void {
    const reportsDrops = members.get('reportDrops') === 'true' && connection.subProtocol === KITTIWAKE_V1;
    this.answer(connection, 'subscribe', members, (session, requestId) =>
      this.sessions.subscribe(session, members.get('room'), requestId, reportsDrops),
    );
  }

  @SubscribeMessage('unsubscribe')
  unsubscribe(connection: Connection, { members }: RoomMessage): void {
    this.answer(connection, 'unsubscribe', members, (session, requestId) =>
      this.sessions.unsubscribe(session, requestId),
    );
  }

  @SubscribeMessage('status')
  reportStatus(connection: Connection): void {
    this.received(connection, 'status');
    connection.sendText(JSON.stringify(this.status.report()));
  }

  @SubscribeMessage(NOT_JSON)
  notJson(connection: Connection): void {
    this.unreadable(connection, ROOM_ERRORS.notJson());
  }

  @SubscribeMessage(UNKNOWN)
  unknown(connection: Connection): void {
    this.unreadable(connection, ROOM_ERRORS.typeNotAllowed());
  }

  private unreadable(connection: Connection, error: ClientError): void {
    this.status.messageReceived();
    this.metrics.eventHandled('invalid', 'error');
    new RoomReply(this.sessions.of(connection)).unreadable(error);
  }

  private received(connection: Connection, event: string): RoomSession {
    this.status.messageReceived();
    this.metrics.eventHandled(event, 'success');
    return this.sessions.of(connection);
  }

  private answer(
    connection: Connection,
    type: string,
    members: JsonMembers,
    handle: (session: RoomSession, requestId: JsonText) => void,
  ): void {
    this.status.messageReceived();
    const session = this.sessions.of(connection);
    const requestId = members.get('requestId');
    const reply = new RoomReply(session, requestId);
    try {
      if (requestId === undefined || !isScalar(requestId)) throw ROOM_ERRORS.noRequestId();
      if (requestId.length > MAX_REQUEST_ID_LENGTH) throw ROOM_ERRORS.requestIdTooLong();
      handle(session, requestId);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      this.metrics.eventHandled(type, 'error');
      reply.error(error);
      return;
    }
    this.metrics.eventHandled(type, 'success');
    reply.success();
  }
}

function isScalar(text: JsonText): boolean {
  return text[0] !== '{' && text[0] !== '[';
}
