import { ClientError, type Verdict } from '../protocol/errors.js';
import { objectText, toJsonText, type JsonMembers, type JsonText } from '../protocol/json/json.js';
import { KITTIWAKE_V1 } from '../protocol/sub-protocol.js';
import type { RoomBeginning } from './recovery/room-comeback.js';
import { ROOM_ERRORS } from './room-errors.js';
import type { RoomMember } from './subscription/room-subscription.js';

/** The answers to a client of rooms. Clients without our sub-protocol get exactly High-Templar's members. */
export class RoomReply {
  /** @param requestId as the client gave it; clients of `kittiwake.v1.json` get it back. */
  constructor(
    private readonly member: RoomMember,
    private readonly requestId?: JsonText | undefined,
  ) {}

  /** @param beginning what a client that follows positions is told of where it stands. */
  success(beginning?: RoomBeginning): void {
    const frame: JsonMembers = new Map([['code', '"success"' as JsonText]]);
    if (beginning) addBeginning(frame, beginning);
    this.send(frame, this.requestId);
  }

  error(error: ClientError): void {
    this.member.connection.refused('a message', error.code, error);
    this.send(errorFrame(error.message), this.requestId);
  }

  /** An error of a message that could not be read: its request id is the id of the connection. */
  unreadable(error: ClientError): void {
    this.member.connection.refused('a message', error.code, error);
    this.member.connection.sendText(objectText(errorFrame(error.message).set('requestId', this.idText)));
  }

  /** The first frame: what the client may join. @param hello what only clients of `kittiwake.v1.json` are told. */
  authorized(rooms: JsonText, hello: JsonMembers): void {
    const frame: JsonMembers = new Map([
      ['is_authorized', 'true' as JsonText],
      ['allowed_rooms', rooms],
    ]);
    if (this.isExtended) {
      frame.set('connectionId', this.idText);
      for (const [name, value] of hello) frame.set(name, value);
    }
    this.member.connection.sendText(objectText(frame));
  }

  /** Tells the client that it is not let in. */
  refused(error: ClientError): void {
    this.member.connection.refused('the connection', error.code, error);
    this.member.connection.sendText('{"is_authorized":false}');
  }

  /** The end of a subscription that the client did not ask for. @param verdict the party that ends it, and the reason. */
  ended(room: JsonText, verdict: Verdict): void {
    const { code, message } = ROOM_ERRORS.roomNotFound();
    const error = new ClientError(code, message, { verdict });
    this.member.connection.refused('a subscription', code, error);
    const frame = errorFrame('room-not-found')
      .set('type', '"unsubscribe"' as JsonText)
      .set('room', room);
    this.member.connection.sendText(objectText(frame.set('requestId', this.requestId!)));
  }

  private get idText(): JsonText {
    return toJsonText(this.member.id);
  }

  private get isExtended(): boolean {
    return this.member.connection.subProtocol === KITTIWAKE_V1;
  }

  private send(frame: JsonMembers, requestId: JsonText | undefined): void {
    if (this.isExtended && requestId !== undefined) frame.set('requestId', requestId);
    this.member.connection.sendText(objectText(frame));
  }
}

function addBeginning(frame: JsonMembers, { recovered, reason, position }: RoomBeginning): void {
  if (recovered !== undefined) frame.set('recovered', toJsonText(recovered));
  if (reason !== undefined) frame.set('reason', toJsonText(reason));
  if (position) frame.set('position', toJsonText(position.toString()));
}

function errorFrame(message: string): JsonMembers {
  return new Map([
    ['code', '"error"' as JsonText],
    ['message', toJsonText(message)],
  ]);
}
