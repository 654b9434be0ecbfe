import type { Fanout } from '../../delivery/fanout.js';
import { FollowedPositions, type PositionsOwner } from '../../delivery/followed-positions.js';
import type { LossReason } from '../../history/channel-log.js';
import type { Position } from '../../protocol/position.js';
import type { RoomDelivery, RoomInterest, RoomMember, RoomSlowness } from './room-subscription.js';
import { envelopeKey } from './room-wording.js';
import type { Trigger } from '../room/trigger.js';
import { HeldRoomSubscription } from './held-room-subscription.js';

/** The extra parts of a subscription of a client that follows positions. */
export interface RoomFollowing {
  /** See {@link RoomSubscription.was}. */
  readonly was: readonly string[];
  /** See {@link HeldRoomSubscription}. */
  readonly maxHeldLength: number;
  /** The last position that has passed on this node. */
  top(): Position | undefined;
}

/** A subscription whose client follows positions: it can come back, and get what it has missed. */
export class FollowingRoomSubscription extends HeldRoomSubscription implements PositionsOwner<Trigger> {
  private readonly positions: FollowedPositions<Trigger>;

  constructor(
    member: RoomMember,
    interest: RoomInterest,
    private readonly following: RoomFollowing,
    delivery: RoomDelivery,
  ) {
    super(member, interest, following.maxHeldLength, delivery);
    this.positions = new FollowedPositions(this, () => following.top());
  }

  override get envelopeKey(): string {
    return envelopeKey(this.envelope.wording, this.requestId, true);
  }

  override get was(): readonly string[] {
    return this.following.was;
  }

  /** The position before the first trigger that is held, if that has one. */
  get heldSince(): Position | undefined {
    return this.held?.find(({ position }) => position)?.position?.before;
  }

  /** The characters of data that may be sent at once. */
  get maxReplayLength(): number {
    return this.maxHeldLength / 2;
  }

  /** See {@link PositionsOwner.keepsBack}. */
  get keepsBack(): boolean {
    return this.misses?.isWaiting === true;
  }

  override wants(trigger: Trigger): boolean {
    const { exclude } = trigger;
    return super.wants(trigger) && (exclude === undefined || !this.was.includes(exclude));
  }

  override reset(top: Position): void {
    if (this.held) {
      this.wasReset = true;
      this.held = [];
    } else this.tell('reset', top, `"reason":"${'position_lost' satisfies LossReason}",`);
  }

  /** Tells the client the latest position, if nothing else has told it. */
  tellLatest(): void {
    if (!this.held && !this.hasEnded) this.positions.tell();
  }

  /** See {@link PositionsOwner.tellPosition}. */
  tellPosition(position: Position): void {
    this.tell('position', position);
  }

  /** See {@link MissingOwner.drained}. */
  drained(): void {
    // Its last frame is on its way, but not written yet.
    queueMicrotask(() => this.hasEnded || this.positions.catchUp());
  }

  protected override sendLater(fanout: Fanout<Trigger>, slowness: RoomSlowness): void {
    this.positions.pause();
    super.sendLater(fanout, slowness);
  }

  private tell(name: 'position' | 'reset', position: Position, more = ''): void {
    this.connection.send(this.envelope.notice(name, `${more}"position":"${position.toString()}"`));
  }
}
