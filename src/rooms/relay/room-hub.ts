import { Injectable } from '@nestjs/common';
import { RoomsSettings } from '../../config/sections/rooms/rooms.settings.js';
import type { Connection } from '../../connection/connection.js';
import { keyFor } from '../../delivery/conflation.js';
import { Fanout } from '../../delivery/fanout.js';
import { SharedEnvelopes } from '../../delivery/shared-envelopes.js';
import { Metrics } from '../../metrics/metrics.js';
import type { Position } from '../../protocol/position.js';
import {
  FollowingRoomSubscription,
  type RoomFollowing,
} from '../subscription/following-room-subscription.js';
import { HeldRoomSubscription } from '../subscription/held-room-subscription.js';
import { inSlices } from '../subscription/in-slices.js';
import { RoomEnvelope } from '../subscription/room-envelope.js';
import { spread } from '../subscription/room-matching.js';
import {
  type RoomDelivery,
  type RoomInterest,
  type RoomMember,
  type RoomSlowness,
  RoomSubscription,
} from '../subscription/room-subscription.js';
import { envelopeKey } from '../subscription/room-wording.js';
import type { Room } from '../room/room.js';
import { type RoomPlace, RoomTrie } from '../room/room-trie.js';
import type { Trigger } from '../room/trigger.js';

/** Gets every trigger as it comes, before it is sent. It may not throw. */
export type TriggerListener = (trigger: Trigger) => void;

/** The subscriptions to rooms of this node, and how triggers reach them. */
@Injectable()
export class RoomHub {
  private readonly subscriptions = new RoomTrie<RoomSubscription>();
  /** Those of clients that follow positions. */
  private readonly followers = new Set<FollowingRoomSubscription>();
  private readonly envelopes = new SharedEnvelopes<RoomEnvelope>();
  /** Absent while nobody listens. */
  private listeners: Set<TriggerListener> | undefined;
  private readonly slowness: RoomSlowness | undefined;
  private delivered = 0;
  private serial = 0;

  constructor(
    private readonly metrics: Metrics,
    private readonly settings: RoomsSettings,
  ) {
    const keyOf = keyFor<Trigger>(settings.slowConsumer, settings.conflateKey, { room: () => '' });
    if (keyOf) this.slowness = { keyOf, missed: (reason) => metrics.dropped(reason) };
  }

  /** The number of rooms that have a subscription on this node. */
  get roomCount(): number {
    return this.subscriptions.roomCount;
  }

  /** The rooms that have a subscription on this node, one by one. */
  places(): Iterable<RoomPlace<RoomSubscription>> {
    return this.subscriptions.places();
  }

  /** The place of a room, if it has a subscription on this node. */
  placeOf(room: Room): RoomPlace<RoomSubscription> | undefined {
    return this.subscriptions.placeOf(room);
  }

  /** Hands every trigger that comes to this node to a listener, whatever its rooms. @returns what ends that. */
  tap(listener: TriggerListener): () => void {
    this.listeners ??= new Set();
    this.listeners.add(listener);
    return () => {
      this.listeners?.delete(listener);
      if (this.listeners?.size === 0) this.listeners = undefined;
    };
  }

  /** The deliveries of triggers to subscriptions of this node since the start. */
  get deliveredCount(): number {
    return this.delivered;
  }

  join(member: RoomMember, interest: RoomInterest): RoomSubscription {
    const delivery = this.deliveryTo(member, interest, false);
    return this.added(new RoomSubscription(member, interest, delivery));
  }

  /** As {@link join}, of a client that follows positions. Its triggers are held until it is released. */
  follow(member: RoomMember, interest: RoomInterest, following: RoomFollowing): FollowingRoomSubscription {
    const delivery = this.deliveryTo(member, interest, true);
    const subscription = new FollowingRoomSubscription(member, interest, following, delivery);
    this.followers.add(subscription);
    return this.added(subscription);
  }

  /** As {@link join}, of a client that is told something first. Its triggers are held until it is released. */
  hold(member: RoomMember, interest: RoomInterest, maxHeldLength: number): HeldRoomSubscription {
    const delivery = this.deliveryTo(member, interest, false);
    return this.added(new HeldRoomSubscription(member, interest, maxHeldLength, delivery));
  }

  leave(subscription: RoomSubscription): void {
    this.subscriptions.remove(subscription.room, subscription);
    if (subscription instanceof FollowingRoomSubscription) this.followers.delete(subscription);
    subscription.end();
    this.metrics.subscriptionsChanged('room', -1);
    this.envelopes.release(subscription.envelopeKey);
  }

  /** Sends a trigger to the subscriptions of its rooms. @returns how many. */
  fanOut(trigger: Trigger): number {
    if (this.listeners !== undefined) for (const listener of this.listeners) listener(trigger);
    const fanout = new Fanout(trigger);
    spread(this.subscriptions, fanout, this.settings.matching, ++this.serial);
    this.delivered += fanout.delivered;
    this.metrics.fannedOut(fanout.delivered);
    return fanout.delivered;
  }

  /** Triggers that were held or missed have been sent. */
  sentLater(count: number): void {
    this.delivered += count;
    this.metrics.delivered(count);
  }

  /** Names the connections that have a subscription. */
  addConnections(connections: Set<Connection>): void {
    for (const { connection } of this.subscriptions.all()) connections.add(connection);
  }

  /** Triggers are lost up to a position: clients are told so, or made to come again. */
  reset(top: Position): void {
    // Those that are made to come again leave at once.
    const all = Array.from(this.subscriptions.all());
    for (const subscription of all) subscription.reset(top);
  }

  /** Tells clients that follow positions the latest, if nothing else has told them. */
  tellLatest(): Promise<void> {
    return inSlices(this.followers, (subscription) => subscription.tellLatest());
  }

  private deliveryTo(
    { wording }: RoomMember,
    { requestId }: RoomInterest,
    hasPositions: boolean,
  ): RoomDelivery {
    const key = envelopeKey(wording, requestId, hasPositions);
    const envelope = this.envelopes.acquire(key, () => new RoomEnvelope(wording, requestId, hasPositions));
    return { envelope, slowness: this.slowness };
  }

  private added<Subscription extends RoomSubscription>(subscription: Subscription): Subscription {
    this.subscriptions.add(subscription.room, subscription);
    this.metrics.subscriptionsChanged('room', 1);
    return subscription;
  }
}
