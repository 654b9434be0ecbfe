import type { Connection } from '../connection/connection.js';
import type { Leased } from '../leases/lease.js';
import type { Verdict } from '../protocol/errors.js';
import { canonicalJson } from '../protocol/json/canonical-json.js';
import { type JsonText, toJsonText } from '../protocol/json/json.js';
import type { RoomsClient } from './app/rooms-api.js';
import { RoomReply } from './room-reply.js';
import type { RoomMember, RoomSubscription } from './subscription/room-subscription.js';
import { MESSAGE_WORDING, type RoomWording } from './subscription/room-wording.js';
import type { Permissions } from './room/permissions.js';
import type { Room } from './room/room.js';

/** The state of a client of rooms. */
export class RoomSession implements Leased, RoomsClient, RoomMember {
  /** Tells the connection apart from all others of all nodes. */
  readonly id: string;
  /** Absent until the app has let the client in. */
  permissions: Permissions | undefined = undefined;
  /** Subscriptions by {@link groupOf}, then by room. */
  readonly subscriptions = new Map<string, Map<string, RoomSubscription>>();
  /** The number of subscriptions, of all request ids together. */
  subscriptionCount = 0;
  /** Settles when the app has been told all events of the client so far. */
  told: Promise<unknown> = Promise.resolve();
  /** The pings that the app has still to be told of, or is being told of. */
  untoldPings = 0;

  constructor(
    readonly connection: Connection,
    readonly headers: Readonly<Record<string, string>>,
  ) {
    this.id = connection.id;
  }

  /** See {@link RoomMember}. */
  get wording(): RoomWording {
    return MESSAGE_WORDING;
  }

  /** See {@link Leased.leaseBody}. */
  leaseBody(): JsonText {
    return toJsonText({ id: this.id, headers: this.headers });
  }

  find(requestId: JsonText, room: Room): RoomSubscription | undefined {
    return this.subscriptions.get(this.groupOf(requestId))?.get(room.id);
  }

  add(subscription: RoomSubscription): void {
    const group = this.groupOf(subscription.requestId);
    const rooms = this.subscriptions.get(group) ?? new Map<string, RoomSubscription>();
    rooms.set(subscription.room.id, subscription);
    this.subscriptionCount++;
    this.subscriptions.set(group, rooms);
  }

  /** Takes out one subscription. */
  remove(subscription: RoomSubscription): void {
    const group = this.groupOf(subscription.requestId);
    const rooms = this.subscriptions.get(group);
    if (rooms?.delete(subscription.room.id)) this.subscriptionCount--;
    if (rooms?.size === 0) this.subscriptions.delete(group);
  }

  /** Takes out all subscriptions of a request id. */
  removeAll(requestId: JsonText): RoomSubscription[] {
    const group = this.groupOf(requestId);
    const rooms = this.subscriptions.get(group);
    this.subscriptions.delete(group);
    this.subscriptionCount -= rooms?.size ?? 0;
    return [...(rooms?.values() ?? [])];
  }

  /** Tells the client of the end of a subscription that it did not ask for. @param verdict who ends it, and why. */
  tellEnd({ requestId, room }: RoomSubscription, verdict: Verdict): void {
    new RoomReply(this, requestId).ended(room.text, verdict);
  }

  /** The same for request ids under which a client can be in a room only once. */
  protected groupOf(requestId: JsonText): string {
    return canonicalJson(requestId);
  }
}
