import { Fanout } from '../../delivery/fanout.js';
import { CLOSE_REASONS } from '../../protocol/close-reason.js';
import type { Position } from '../../protocol/position.js';
import type { RoomEnvelope } from './room-envelope.js';
import {
  type RoomDelivery,
  type RoomInterest,
  type RoomMember,
  RoomSubscription,
} from './room-subscription.js';
import type { Trigger } from '../room/trigger.js';

/** The triggers that a client of rooms has missed, as far as they are for one subscription. */
export interface RoomReplay {
  /** In order. */
  readonly triggers: readonly Trigger[];
  /** The end of what it has missed. */
  readonly until: Position;
  /** The delivery of one of them, shared with others that have missed it. */
  fanoutOf(trigger: Trigger, envelope: RoomEnvelope): Fanout<Trigger>;
}

/** A subscription whose triggers are held until its client has been told where it stands. */
export class HeldRoomSubscription extends RoomSubscription {
  /** Triggers were lost while it began. */
  wasReset = false;
  protected held: Trigger[] | undefined = [];
  private heldLength = 0;
  private isEnded = false;

  constructor(
    member: RoomMember,
    interest: RoomInterest,
    /** Characters of data that may be held; above it the client is closed as a slow consumer. */
    protected readonly maxHeldLength: number,
    delivery: RoomDelivery,
  ) {
    super(member, interest, delivery);
  }

  /** Whether it was ended, be it while it began. */
  get hasEnded(): boolean {
    return this.isEnded;
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

  override end(): void {
    this.isEnded = true;
    if (this.held) this.held = [];
  }

  private hold(held: Trigger[], trigger: Trigger): void {
    held.push(trigger);
    this.heldLength += trigger.data.length;
    if (this.heldLength <= this.maxHeldLength) return;
    this.end();
    this.connection.close(CLOSE_REASONS.slowConsumer);
  }
}
