import { Fanout } from '../../delivery/fanout.js';
import { FollowedPositions, type PositionsOwner } from '../../delivery/followed-positions.js';
import type { LossReason } from '../../history/channel-log.js';
import { CLOSE_REASONS } from '../../protocol/close-reason.js';
import type { Position } from '../../protocol/position.js';
import type { RoomEnvelope } from '../room-envelope.js';
import {
  type RoomInterest,
  type RoomMember,
  type RoomSlowness,
  RoomSubscription,
} from '../room-subscription.js';
import { envelopeKey } from '../room-wording.js';
import type { Trigger } from '../room/trigger.js';

/** What a client of rooms has missed, as far as it is for one subscription. */
export interface RoomReplay {
  /** In order. */
  readonly triggers: readonly Trigger[];
  /** Where what it has missed ends. */
  readonly until: Position;
  /** The delivery of one of them, shared with others that have missed it. */
  fanoutOf(trigger: Trigger, envelope: RoomEnvelope): Fanout<Trigger>;
}

/** What a subscription of a client that follows positions needs besides. */
export interface RoomFollowing {
  /** See {@link RoomSubscription.was}. */
  readonly was: readonly string[];
  /** Characters of data that may be held; above it the client is closed as a slow consumer. */
  readonly maxHeldLength: number;
  /** The last position that has passed on this node. */
  top(): Position | undefined;
}

/** A subscription whose client follows positions: it can come back, and get what it has missed. */
export class FollowingRoomSubscription extends RoomSubscription implements PositionsOwner<Trigger> {
  /** Triggers were lost while it began. */
  wasReset = false;
  private held: Trigger[] | undefined = [];
  private heldLength = 0;
  private isEnded = false;
  private readonly positions: FollowedPositions<Trigger>;

  constructor(
    member: RoomMember,
    interest: RoomInterest,
    private readonly following: RoomFollowing,
    envelope: RoomEnvelope,
    slowness: RoomSlowness | undefined,
  ) {
    super(member, interest, envelope, slowness);
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

  /** Whether it was ended, be it while it began. */
  get hasEnded(): boolean {
    return this.isEnded;
  }

  /** The characters of data that may be sent at once. */
  get maxReplayLength(): number {
    return this.following.maxHeldLength / 2;
  }

  /** See {@link PositionsOwner.keepsBack}. */
  get keepsBack(): boolean {
    return this.misses?.isWaiting === true;
  }

  override wants(trigger: Trigger): boolean {
    const { exclude } = trigger;
    return super.wants(trigger) && (exclude === undefined || !this.was.includes(exclude));
  }

  override deliver(fanout: Fanout<Trigger>): void {
    if (!this.held) super.deliver(fanout);
    else if (this.wants(fanout.publication)) this.hold(this.held, fanout.publication);
  }

  /**
   * Sends what was missed, and then what was held, in order; from here on triggers are sent as they come.
   * @returns how many were sent.
   */
  release(replay?: RoomReplay): number {
    const held = this.held ?? [];
    this.held = undefined;
    if (this.isEnded || !this.connection.isOpen) return 0;
    const missed = replay?.triggers ?? [];
    for (const trigger of missed) this.send(replay!.fanoutOf(trigger, this.envelope));
    const later = held.filter(({ position }) => !replay || !position?.isWithin(replay.until));
    for (const trigger of later) this.send(new Fanout(trigger));
    return missed.length + later.length;
  }

  override reset(top: Position): void {
    if (this.held) {
      this.wasReset = true;
      this.held = [];
    } else this.tell('reset', top, `"reason":"${'position_lost' satisfies LossReason}",`);
  }

  /** Tells the client the latest position, if nothing else has told it. */
  tellLatest(): void {
    if (!this.held && !this.isEnded) this.positions.tell();
  }

  /** See {@link PositionsOwner.tellPosition}. */
  tellPosition(position: Position): void {
    this.tell('position', position);
  }

  /** See {@link MissingOwner.drained}. */
  drained(): void {
    // Its last frame is on its way, but not written yet.
    queueMicrotask(() => this.isEnded || this.positions.catchUp());
  }

  override end(): void {
    this.isEnded = true;
    if (this.held) this.held = [];
  }

  protected override sendLater(fanout: Fanout<Trigger>, slowness: RoomSlowness): void {
    this.positions.pause();
    super.sendLater(fanout, slowness);
  }

  private hold(held: Trigger[], trigger: Trigger): void {
    held.push(trigger);
    this.heldLength += trigger.data.length;
    if (this.heldLength <= this.following.maxHeldLength) return;
    this.end();
    this.connection.close(CLOSE_REASONS.slowConsumer);
  }

  private tell(name: 'position' | 'reset', position: Position, more = ''): void {
    this.connection.send(this.envelope.notice(name, `${more}"position":"${position.toString()}"`));
  }
}
