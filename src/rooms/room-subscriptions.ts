import { Injectable } from '@nestjs/common';
import { LimitsSettings } from '../config/sections/limits.settings.js';
import type { PresenceView } from '../config/sections/presence.settings.js';
import type { LossReason } from '../history/channel-log.js';
import { canonicalJson } from '../protocol/json/canonical-json.js';
import type { Verdict } from '../protocol/errors.js';
import { detached, type JsonText } from '../protocol/json/json.js';
import type { FollowingRoomSubscription, RoomReplay } from './recovery/following-room-subscription.js';
import type { RoomBeginning, RoomComeback } from './recovery/room-comeback.js';
import { ROOM_ERRORS } from './room-errors.js';
import { RoomHub } from './room-hub.js';
import { RoomPresences } from './room-presences.js';
import { RoomRecoveries } from './recovery/room-recoveries.js';
import { RoomReply } from './room-reply.js';
import type { RoomSession } from './room-session.js';
import type { RoomInterest, RoomSubscription } from './room-subscription.js';
import { Room } from './room/room.js';

const NOT_ALLOWED_ANY_MORE: Verdict = { by: 'the app (rooms.api)', why: 'the room is not allowed any more' };
const BY_SERVICE: Verdict = { by: 'a service', why: 'it has ended the subscription' };
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
    private readonly recoveries: RoomRecoveries,
    private readonly presences: RoomPresences,
  ) {}

  /** Subscribes, unless there is the same subscription. @throws {ClientError} when the client may not. */
  subscribe(session: RoomSession, wish: RoomWish): void {
    this.add(session, wish, NONE, (interest) => this.hub.join(session, interest));
  }

  /**
   * As {@link subscribe}, for a client that follows positions: it gets what it has missed since it was there.
   * @param confirm tells it that the subscription has begun.
   * @throws {ClientError} when the client may not, or nobody can say what it has missed.
   */
  async follow(
    session: RoomSession,
    wish: RoomWish,
    { since, was }: RoomComeback,
    confirm: (beginning?: RoomBeginning) => void,
  ): Promise<void> {
    if (!this.recoveries.areKept) {
      this.subscribe(session, wish);
      return confirm(since === undefined ? undefined : { recovered: false, reason: 'position_lost' });
    }
    const following = { was, maxHeldLength: this.limits.outboxBytes, top: () => this.recoveries.top };
    const subscription = this.add(session, wish, was, (each) => this.hub.follow(session, each, following));
    if (!subscription) return confirm();
    const begin = (found?: RoomReplay | LossReason): void => {
      if (subscription.hasEnded) throw ROOM_ERRORS.roomNotFound();
      const replay = typeof found === 'object' && !subscription.wasReset ? found : undefined;
      confirm(this.beginning(subscription, found, replay));
      this.hub.sentLater(subscription.release(replay));
    };
    if (since === undefined) begin();
    else await this.find(session, subscription, since, begin);
    await session.connection.backlog;
  }

  /** Shows a client who is present in a room that it has subscribed to. See {@link RoomPresences.show}. */
  async show(session: RoomSession, { room: text, requestId }: RoomWish, view: PresenceView): Promise<void> {
    const room = text === undefined ? undefined : Room.parse(text);
    if (!room) return;
    const head = session.wording.presence(requestId, room.text);
    await this.presences.show(session, { room, head }, view);
  }

  /** Ends those of a request id. @throws {ClientError} when there is none. */
  unsubscribe(session: RoomSession, requestId: JsonText): void {
    const subscriptions = session.removeAll(canonicalJson(requestId));
    if (subscriptions.length === 0) throw ROOM_ERRORS.notSubscribed();
    for (const subscription of subscriptions) this.leave(subscription);
  }

  /** Ends those that the app does not allow any more, and tells the client. */
  endUncovered(session: RoomSession): void {
    this.endThose(session, (room) => !session.permissions!.covers(room), NOT_ALLOWED_ANY_MORE);
    this.presences.renewed(session);
  }

  /** Ends those to one room, or all, as a service says, and tells the client. @returns how many. */
  remove(session: RoomSession, room: Room | undefined): number {
    return this.endThose(session, ({ id }) => !room || id === room.id, BY_SERVICE);
  }

  /** Ends all of a session that is over. */
  endAll(session: RoomSession): void {
    for (const rooms of session.subscriptions.values()) for (const one of rooms.values()) this.leave(one);
    session.subscriptions.clear();
  }

  private endThose(session: RoomSession, isMeant: (room: Room) => boolean, verdict: Verdict): number {
    let count = 0;
    for (const [requestKey, rooms] of session.subscriptions) {
      for (const subscription of rooms.values()) {
        if (!isMeant(subscription.room)) continue;
        session.remove(requestKey, subscription);
        this.leave(subscription);
        new RoomReply(session, subscription.requestId).ended(subscription.room.text, verdict);
        count++;
      }
    }
    return count;
  }

  /** Adds a subscription that is allowed, and within the limits. @returns nothing when there is the same already. */
  private add<Subscription extends RoomSubscription>(
    session: RoomSession,
    { room: text, requestId, reportsDrops }: RoomWish,
    was: readonly string[],
    join: (interest: RoomInterest) => Subscription,
  ): Subscription | undefined {
    if (text && text.length > MAX_ROOM_LENGTH) throw ROOM_ERRORS.roomTooLong();
    const room = text === undefined ? undefined : Room.parse(detached(text));
    if (!room || !session.permissions?.covers(room)) throw ROOM_ERRORS.roomNotFound();
    const keptId = detached(requestId);
    const requestKey = canonicalJson(keptId);
    if (session.find(requestKey, room.id)) return undefined;
    const interest = { room, requestId: keptId, reportsDrops };
    this.claim(session, keptBytesOf(interest) + bytesOf(was));
    const subscription = join(interest);
    session.add(requestKey, subscription);
    this.presences.enter(session, subscription);
    return subscription;
  }

  /** Looks for what the client has missed; the subscription ends when nobody can say. */
  private async find(
    session: RoomSession,
    subscription: FollowingRoomSubscription,
    since: string,
    begin: (found: RoomReplay | LossReason) => void,
  ): Promise<void> {
    try {
      await this.recoveries.find(subscription, since, begin);
    } catch (error) {
      if (!subscription.hasEnded) {
        session.remove(canonicalJson(subscription.requestId), subscription);
        this.leave(subscription);
      }
      throw error;
    }
  }

  private beginning(
    { heldSince }: FollowingRoomSubscription,
    found: RoomReplay | LossReason | undefined,
    replay: RoomReplay | undefined,
  ): RoomBeginning {
    if (replay) return { recovered: true };
    const position = heldSince ?? this.recoveries.top;
    if (found === undefined) return { position };
    return { recovered: false, reason: typeof found === 'string' ? found : 'position_lost', position };
  }

  /** Claims one more subscription. @throws {ClientError} when a limit is reached. */
  private claim({ connection, subscriptionCount }: RoomSession, bytes: number): void {
    const { subscriptionsPerSession, dryRun } = this.limits;
    if (subscriptionsPerSession > 0 && subscriptionCount >= subscriptionsPerSession) {
      if (!dryRun.includes('subscriptionsPerSession')) throw ROOM_ERRORS.tooManySubscriptions();
      connection.wouldRefuse('subscriptionsPerSession');
    }
    if (!connection.kept.claim(bytes)) throw ROOM_ERRORS.tooMuchKept();
  }

  private leave(subscription: RoomSubscription): void {
    this.hub.leave(subscription);
    this.presences.leave(subscription);
    subscription.connection.kept.release(keptBytesOf(subscription) + bytesOf(subscription.was));
  }
}

/** The size of what a subscription keeps of its client's text. */
function keptBytesOf({ room, requestId }: Pick<RoomInterest, 'room' | 'requestId'>): number {
  return Buffer.byteLength(room.text) + Buffer.byteLength(requestId);
}

function bytesOf(ids: readonly string[]): number {
  let bytes = 0;
  for (const id of ids) bytes += Buffer.byteLength(id);
  return bytes;
}

const NONE: readonly string[] = [];
