import type { RoomMatching } from '../../config/sections/rooms/rooms.settings.js';
import { Fanout } from '../../delivery/fanout.js';
import type { LossReason } from '../../history/channel-log.js';
import type { Position } from '../../protocol/position.js';
import type { FollowingRoomSubscription } from '../subscription/following-room-subscription.js';
import type { RoomReplay } from '../subscription/held-room-subscription.js';
import { inSlices } from '../subscription/in-slices.js';
import type { RoomEnvelope } from '../subscription/room-envelope.js';
import { type Reachable, spread } from '../subscription/room-matching.js';
import { RoomTrie } from '../room/room-trie.js';
import type { Trigger } from '../room/trigger.js';

/** The most triggers that one subscription is sent at once. */
const MAX_REPLAYED = 10_000;

/** The subscription of a client that has come back, while it is looked for what it has missed. */
export class Returning implements Reachable {
  private triggers: Trigger[] = [];
  private length = 0;
  private isTooLong = false;
  private lastSerial = 0;

  constructor(
    readonly subscription: FollowingRoomSubscription,
    readonly since: Position,
  ) {}

  /** See {@link Reachable.deliver}. */
  deliver({ publication: trigger }: Fanout<Trigger>): void {
    if (this.isTooLong || trigger.position!.offset <= this.since.offset) return;
    if (!this.subscription.wants(trigger)) return;
    this.triggers.push(trigger);
    this.length += trigger.data.length;
    this.isTooLong = this.triggers.length > MAX_REPLAYED || this.length > this.subscription.maxReplayLength;
    if (this.isTooLong) this.triggers = [];
  }

  /** See {@link Reachable.deliverOnce}. */
  deliverOnce(fanout: Fanout<Trigger>, serial: number): void {
    if (this.lastSerial === serial) return;
    this.lastSerial = serial;
    this.deliver(fanout);
  }

  /** The triggers it has missed; more than can be sent at once is lost. */
  found(until: Position, frames: SharedFanouts): RoomReplay | LossReason {
    if (this.isTooLong) return 'gap_too_long';
    const fanoutOf: RoomReplay['fanoutOf'] = (trigger, envelope) => frames.of(trigger, envelope);
    return { triggers: this.triggers, until, fanoutOf };
  }
}

/** The deliveries of triggers that many have missed: those with one envelope, one after the other, share a frame. */
export class SharedFanouts {
  private envelope: RoomEnvelope | undefined;
  private readonly fanouts = new Map<Trigger, Fanout<Trigger>>();

  of(trigger: Trigger, envelope: RoomEnvelope): Fanout<Trigger> {
    if (this.envelope !== envelope) this.fanouts.clear();
    this.envelope = envelope;
    let fanout = this.fanouts.get(trigger);
    if (!fanout) this.fanouts.set(trigger, (fanout = new Fanout(trigger, true, 'held')));
    return fanout;
  }
}

/**
 * Finds, for all who have come back, what they have missed, by the rules of live triggers: in one pass over these, in
 * slices of time.
 */
export async function matchAgain(
  missed: Iterable<Trigger>,
  returning: readonly Returning[],
  matching: RoomMatching,
): Promise<void> {
  const trie = new RoomTrie<Reachable>();
  await inSlices(returning, (each) => trie.add(each.subscription.room, each));
  let serial = 0;
  await inSlices(missed, (trigger) => spread(trie, new Fanout(trigger), matching, ++serial));
}
