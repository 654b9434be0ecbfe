import type { Connection } from '../connection/connection.js';
import type { Leased } from '../leases/lease.js';
import { type JsonText, toJsonText } from '../protocol/json/json.js';
import type { RoomsClient } from './app/rooms-api.js';
import type { RoomMember, RoomSubscription } from './room-subscription.js';
import { MESSAGE_WORDING, type RoomWording } from './room-wording.js';
import type { Permissions } from './room/permissions.js';

/** The state of a client of rooms. */
export class RoomSession implements Leased, RoomsClient, RoomMember {
  /** Tells the connection apart from all others of all nodes. */
  readonly id: string;
  /** Absent until the app has let the client in. */
  permissions: Permissions | undefined = undefined;
  /** Subscriptions by request id, then by room. */
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

  /** The id as JSON. */
  get idText(): JsonText {
    return `"${this.id}"` as JsonText;
  }

  find(requestKey: string, roomId: string): RoomSubscription | undefined {
    return this.subscriptions.get(requestKey)?.get(roomId);
  }

  add(requestKey: string, subscription: RoomSubscription): void {
    const rooms = this.subscriptions.get(requestKey) ?? new Map<string, RoomSubscription>();
    rooms.set(subscription.room.id, subscription);
    this.subscriptionCount++;
    this.subscriptions.set(requestKey, rooms);
  }

  /** Takes out one subscription. */
  remove(requestKey: string, subscription: RoomSubscription): void {
    const rooms = this.subscriptions.get(requestKey);
    if (rooms?.delete(subscription.room.id)) this.subscriptionCount--;
    if (rooms?.size === 0) this.subscriptions.delete(requestKey);
  }

  /** Takes out all subscriptions of a request id. */
  removeAll(requestKey: string): RoomSubscription[] {
    const rooms = this.subscriptions.get(requestKey);
    this.subscriptions.delete(requestKey);
    this.subscriptionCount -= rooms?.size ?? 0;
    return [...(rooms?.values() ?? [])];
  }
}
