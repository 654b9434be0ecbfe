import { Injectable } from '@nestjs/common';
import { LimitsSettings } from '../config/sections/limits.settings.js';
import type { PresenceView } from '../config/sections/presence.settings.js';
import type { GatewayObserver, Observed } from '../observing/observed.js';
import { SubscriptionEvents } from '../observing/subscription-events.js';
import type { EndReason } from '../protocol/end-reason.js';
import type { Verdict } from '../protocol/errors.js';
import { detached, type JsonText } from '../protocol/json/json.js';
import { type ConfirmRoom, RoomBeginnings } from './recovery/room-beginnings.js';
import type { RoomBeginning, RoomComeback } from './recovery/room-comeback.js';
import { ROOM_ERRORS } from './room-errors.js';
import { RoomHub } from './relay/room-hub.js';
import { RoomPresences } from './room-presences.js';
import type { RoomSession } from './room-session.js';
import type { RoomInterest, RoomSubscription } from './subscription/room-subscription.js';
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

/** The wishes of a client for its subscription. */
export interface JoinOptions {
  /** Its comeback, if it follows positions. */
  readonly comeback: RoomComeback | undefined;
  /** The view of who is present that it wants. */
  readonly view: PresenceView | undefined;
}

/** Tells a client that it has joined. @param presence who is present, as JSON. */
export type ConfirmJoin = (beginning: RoomBeginning | undefined, presence: JsonText | undefined) => void;

/** The subscriptions of the clients of rooms, within what the app allows and the limits. */
@Injectable()
export class RoomSubscriptions implements Observed {
  private readonly events = new SubscriptionEvents();

  constructor(
    private readonly hub: RoomHub,
    private readonly limits: LimitsSettings,
    private readonly beginnings: RoomBeginnings,
    private readonly presences: RoomPresences,
  ) {}

  /** See {@link Observed.observe}. */
  observe(observer: GatewayObserver): void {
    this.events.observe(observer);
  }

  /** Subscribes, unless there is the same subscription. @throws {ClientError} when the client may not. */
  subscribe(session: RoomSession, wish: RoomWish): void {
    const subscription = this.add(session, wish, undefined, false);
    if (subscription) this.events.began(subscription);
  }

  /**
   * As {@link subscribe}, for a client that follows positions: it gets what it has missed since it was there.
   * @param confirm tells it that the subscription has begun.
   * @throws {ClientError} when the client may not, or nobody can say what it has missed.
   */
  async follow(
    session: RoomSession,
    wish: RoomWish,
    comeback: RoomComeback,
    confirm: ConfirmRoom,
  ): Promise<void> {
    const subscription = this.add(session, wish, comeback, false);
    if (!subscription) return confirm(this.beginnings.repeated(comeback));
    await this.begin(session, subscription, () => this.beginnings.begin(subscription, comeback, confirm));
  }

  /**
   * Joins, for a client that is told with its subscription where it stands, and who is present.
   * @returns whether it has; not when there is the same subscription.
   * @throws {ClientError} when the client may not, or nobody can say what it is to be told.
   */
  async join(
    session: RoomSession,
    wish: RoomWish,
    { comeback, view }: JoinOptions,
    confirm: ConfirmJoin,
  ): Promise<boolean> {
    const subscription = this.add(session, wish, comeback, view !== undefined);
    if (!subscription) return false;
    await this.begin(session, subscription, async () => {
      const show = view && (await this.presences.look(session, subscription, view));
      await this.beginnings.begin(subscription, comeback, (beginning) => confirm(beginning, show?.()));
    });
    return true;
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
    const subscriptions = session.removeAll(requestId);
    if (subscriptions.length === 0) throw ROOM_ERRORS.notSubscribed();
    for (const subscription of subscriptions) this.leave(subscription, 'left');
  }

  /** Ends those that the app does not allow any more, and tells the client. */
  endUncovered(session: RoomSession): void {
    this.endThose(session, (room) => !session.permissions!.covers(room), NOT_ALLOWED_ANY_MORE, 'expired');
    this.presences.renewed(session);
  }

  /** Ends those to one room, or all, as a service says, and tells the client. @returns how many. */
  remove(session: RoomSession, room: Room | undefined): number {
    return this.endThose(session, ({ id }) => !room || id === room.id, BY_SERVICE, 'revoked');
  }

  /** Ends all of a session that is over. */
  endAll(session: RoomSession, reason: EndReason): void {
    for (const rooms of session.subscriptions.values())
      for (const one of rooms.values()) this.leave(one, reason);
    session.subscriptions.clear();
  }

  private endThose(
    session: RoomSession,
    isMeant: (room: Room) => boolean,
    verdict: Verdict,
    reason: EndReason,
  ): number {
    let count = 0;
    for (const rooms of session.subscriptions.values()) {
      for (const subscription of rooms.values()) {
        if (!isMeant(subscription.room)) continue;
        session.remove(subscription);
        this.leave(subscription, reason);
        session.tellEnd(subscription, verdict);
        count++;
      }
    }
    return count;
  }

  /** Adds a subscription that is allowed, and within the limits. @returns nothing when there is the same already. */
  private add(
    session: RoomSession,
    { room: text, requestId, reportsDrops }: RoomWish,
    comeback: RoomComeback | undefined,
    isHeld: boolean,
  ): RoomSubscription | undefined {
    if (text && text.length > MAX_ROOM_LENGTH) throw ROOM_ERRORS.roomTooLong();
    const room = text === undefined ? undefined : Room.parse(detached(text));
    if (!room || !session.permissions?.covers(room)) throw ROOM_ERRORS.roomNotFound();
    const keptId = detached(requestId);
    if (session.find(keptId, room)) return undefined;
    const interest = { room, requestId: keptId, reportsDrops };
    this.claim(session, keptBytesOf(interest) + bytesOf(this.beginnings.wasOf(comeback)));
    const subscription = this.beginnings.join(session, interest, comeback, isHeld);
    session.add(subscription);
    this.presences.enter(session, subscription);
    return subscription;
  }

  /** Has a subscription begin; it ends when that cannot be. */
  private async begin(
    session: RoomSession,
    subscription: RoomSubscription,
    beginning: () => Promise<void>,
  ): Promise<void> {
    try {
      await beginning();
      if (session.find(subscription.requestId, subscription.room) === subscription)
        this.events.began(subscription);
    } catch (error) {
      if (session.find(subscription.requestId, subscription.room) === subscription) {
        session.remove(subscription);
        this.leave(subscription, 'left');
      }
      throw error;
    }
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

  private leave(subscription: RoomSubscription, reason: EndReason): void {
    this.events.ended(subscription, reason);
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
