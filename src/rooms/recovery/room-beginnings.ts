import { Injectable } from '@nestjs/common';
import { LimitsSettings } from '../../config/sections/limits.settings.js';
import type { LossReason } from '../../history/channel-log.js';
import { ROOM_ERRORS } from '../room-errors.js';
import { RoomHub } from '../relay/room-hub.js';
import type { RoomInterest, RoomMember, RoomSubscription } from '../subscription/room-subscription.js';
import { FollowingRoomSubscription } from '../subscription/following-room-subscription.js';
import { HeldRoomSubscription, type RoomReplay } from '../subscription/held-room-subscription.js';
import type { RoomBeginning, RoomComeback } from './room-comeback.js';
import { RoomRecoveries } from './room-recoveries.js';

/** Tells a client that its subscription has begun. */
export type ConfirmRoom = (beginning?: RoomBeginning) => void;

/** The beginnings of subscriptions: at once, or held until the client has been told where it stands. */
@Injectable()
export class RoomBeginnings {
  constructor(
    private readonly hub: RoomHub,
    private readonly recoveries: RoomRecoveries,
    private readonly limits: LimitsSettings,
  ) {}

  /** The ids that count as the client's own besides that of its connection. */
  wasOf(comeback: RoomComeback | undefined): readonly string[] {
    return comeback && this.recoveries.areKept ? comeback.was : NONE;
  }

  /** Joins. @param isHeld whether triggers are held until {@link begin}, as they are for one that follows positions. */
  join(
    member: RoomMember,
    interest: RoomInterest,
    comeback: RoomComeback | undefined,
    isHeld = false,
  ): RoomSubscription {
    const maxHeldLength = this.limits.outboxBytes;
    if (comeback && this.recoveries.areKept) {
      const following = { was: this.wasOf(comeback), maxHeldLength, top: () => this.recoveries.top };
      return this.hub.follow(member, interest, following);
    }
    return isHeld ? this.hub.hold(member, interest, maxHeldLength) : this.hub.join(member, interest);
  }

  /**
   * Confirms a subscription, and releases its triggers, after those that its client has missed.
   * @throws {ClientError} when it has ended, or nobody can say what its client has missed.
   */
  async begin(
    subscription: RoomSubscription,
    comeback: RoomComeback | undefined,
    confirm: ConfirmRoom,
  ): Promise<void> {
    const since = comeback?.since;
    const isFollowing = subscription instanceof FollowingRoomSubscription;
    if (isFollowing && since !== undefined)
      await this.recoveries.find(subscription, since, (found) => this.tell(subscription, found, confirm));
    else if (isFollowing) this.tell(subscription, undefined, confirm);
    else this.release(subscription, () => confirm(this.repeated(comeback)));
    await subscription.connection.backlog;
  }

  /** The beginning for a client that gets nothing it has missed, since it is subscribed, or triggers are not kept. */
  repeated(comeback: RoomComeback | undefined): RoomBeginning | undefined {
    return comeback?.since === undefined || this.recoveries.areKept ? undefined : NOT_KEPT;
  }

  private tell(
    subscription: FollowingRoomSubscription,
    found: RoomReplay | LossReason | undefined,
    confirm: ConfirmRoom,
  ): void {
    const replay = typeof found === 'object' && !subscription.wasReset ? found : undefined;
    this.release(subscription, () => confirm(this.beginningOf(subscription, found, replay)), replay);
  }

  private release(subscription: RoomSubscription, confirm: () => void, replay?: RoomReplay): void {
    if (!(subscription instanceof HeldRoomSubscription)) return confirm();
    if (subscription.hasEnded) throw ROOM_ERRORS.roomNotFound();
    confirm();
    this.hub.sentLater(subscription.release(replay));
  }

  private beginningOf(
    { heldSince }: FollowingRoomSubscription,
    found: RoomReplay | LossReason | undefined,
    replay: RoomReplay | undefined,
  ): RoomBeginning {
    if (replay) return { recovered: true };
    const position = heldSince ?? this.recoveries.top;
    if (found === undefined) return { position };
    return { recovered: false, reason: typeof found === 'string' ? found : 'position_lost', position };
  }
}

const NONE: readonly string[] = [];
/** The beginning for a client that comes back where triggers are not kept. */
const NOT_KEPT: RoomBeginning = { recovered: false, reason: 'position_lost' };
