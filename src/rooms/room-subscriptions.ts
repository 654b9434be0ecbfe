import { Injectable } from '@nestjs/common';
import { LimitsSettings } from '../config/sections/limits.settings.js';
import { canonicalJson } from '../protocol/json/canonical-json.js';
import { detached, type JsonText } from '../protocol/json/json.js';
import { ROOM_ERRORS } from './room-errors.js';
import { RoomHub } from './room-hub.js';
import { RoomReply } from './room-reply.js';
import type { RoomSession } from './room-session.js';
import type { RoomSubscription } from './room-subscription.js';
import { Room } from './room/room.js';

/** The most characters of a room that a client may ask for. */
const MAX_ROOM_LENGTH = 16_384;

/** A client's wish to join a room, as it was sent. */
export interface RoomWish {
  readonly room: JsonText | undefined;
  readonly requestId: JsonText;
  /** Whether it wants to be told how much it has missed because it did not keep up. */
  readonly reportsDrops: boolean;
}

/** The subscriptions of the clients of rooms, within what the app allows and the limits. */
@Injectable()
export class RoomSubscriptions {
  constructor(
    private readonly hub: RoomHub,
    private readonly limits: LimitsSettings,
  ) {}

  /** Subscribes, unless there is the same subscription. @throws {ClientError} when the client may not. */
  subscribe(session: RoomSession, { room: text, requestId, reportsDrops }: RoomWish): void {
    if (text && text.length > MAX_ROOM_LENGTH) throw ROOM_ERRORS.roomTooLong();
    const room = text === undefined ? undefined : Room.parse(detached(text));
    if (!room || !session.permissions?.covers(room)) throw ROOM_ERRORS.roomNotFound();
    const keptId = detached(requestId);
    const requestKey = canonicalJson(keptId);
    if (session.find(requestKey, room.id)) return;
    this.claim(session, room, keptId);
    session.add(requestKey, this.hub.join(session, { room, requestId: keptId, reportsDrops }));
  }

  /** Ends those of a request id. @throws {ClientError} when there is none. */
  unsubscribe(session: RoomSession, requestId: JsonText): void {
    const subscriptions = session.removeAll(canonicalJson(requestId));
    if (subscriptions.length === 0) throw ROOM_ERRORS.notSubscribed();
    for (const subscription of subscriptions) this.leave(subscription);
  }

  /** Ends those that the app does not allow any more, and tells the client. */
  endUncovered(session: RoomSession): void {
    for (const [requestKey, rooms] of session.subscriptions) {
      for (const subscription of rooms.values()) {
        if (session.permissions!.covers(subscription.room)) continue;
        session.remove(requestKey, subscription);
        this.leave(subscription);
        new RoomReply(session, subscription.requestId).ended(subscription.room.text);
      }
    }
  }

  /** Ends all of a session that is over. */
  endAll(session: RoomSession): void {
    for (const rooms of session.subscriptions.values()) for (const one of rooms.values()) this.leave(one);
    session.subscriptions.clear();
  }

  /** Claims one more subscription. @throws {ClientError} when a limit is reached. */
  private claim({ connection, subscriptionCount }: RoomSession, room: Room, requestId: JsonText): void {
    const { subscriptionsPerSession } = this.limits;
    if (subscriptionsPerSession > 0 && subscriptionCount >= subscriptionsPerSession)
      throw ROOM_ERRORS.tooManySubscriptions();
    if (!connection.kept.claim(keptBytesOf(room, requestId))) throw ROOM_ERRORS.tooMuchKept();
  }

  private leave(subscription: RoomSubscription): void {
    const { connection, room, requestId } = subscription;
    this.hub.leave(subscription);
    connection.kept.release(keptBytesOf(room, requestId));
  }
}

/** The size of what a subscription keeps of its client's text. */
function keptBytesOf({ text }: Room, requestId: JsonText): number {
  return Buffer.byteLength(text) + Buffer.byteLength(requestId);
}
