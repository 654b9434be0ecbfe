import { Injectable } from '@nestjs/common';
import { setImmediate as turn } from 'node:timers/promises';
import { RoomsSettings } from '../../config/sections/rooms/rooms.settings.js';
import type { LossReason } from '../../history/channel-log.js';
import { Metrics } from '../../metrics/metrics.js';
import { Position } from '../../protocol/position.js';
import type { FollowingRoomSubscription } from '../subscription/following-room-subscription.js';
import type { RoomReplay } from '../subscription/held-room-subscription.js';
import { inSlices } from '../subscription/in-slices.js';
import { ROOM_ERRORS } from '../room-errors.js';
import { RoomRelay } from '../relay/room-relay.js';
import { matchAgain, Returning, SharedFanouts } from './room-replays.js';
import { TriggerStream } from '../stream/trigger-stream.js';
import type { TriggerLog, TriggerRecovery } from '../relay/trigger-log.js';

/** The triggers that a client has missed, or why that cannot be said. */
type Found = RoomReplay | LossReason;

/** One that waits for what it has missed. */
interface Waiting {
  readonly returning: Returning;
  /** Takes what was found. */
  readonly take: (found: Found) => void;
  readonly reject: (error: unknown) => void;
}

/** Looks for what clients have missed: all who ask in one turn, or while others are looked for, share a pass. */
@Injectable()
export class RoomRecoveries {
  private waiting: Waiting[] = [];
  private isRunning = false;

  constructor(
    private readonly relay: RoomRelay,
    private readonly stream: TriggerStream,
    private readonly metrics: Metrics,
    private readonly settings: RoomsSettings,
  ) {}

  /** Whether triggers are kept. */
  get areKept(): boolean {
    return this.log !== undefined;
  }

  /** The last position that has passed on this node. */
  get top(): Position | undefined {
    return this.log?.top;
  }

  /**
   * Looks for what the client of a subscription, whose triggers are held, has missed.
   * @param since the position with which it comes back, as it gave it.
   * @param begin is called with what it has missed, and sends it at once: that takes time, of which each turn has only so
   * much.
   * @throws {ClientError} when nobody can say; what `begin` throws.
   */
  find(subscription: FollowingRoomSubscription, since: string, begin: (found: Found) => void): Promise<void> {
    const position = Position.parse(since);
    return new Promise((resolve, reject) => {
      const take = (found: Found): void => {
        this.count(found);
        try {
          resolve(begin(found));
        } catch (error) {
          reject(error);
        }
      };
      if (position) this.add({ returning: new Returning(subscription, position), take, reject });
      else take('position_lost');
    });
  }

  private get log(): TriggerLog | undefined {
    return this.stream.log ?? this.relay.triggers;
  }

  private count(found: Found): void {
    if (typeof found === 'string') this.metrics.history.recovered(found);
    else this.metrics.history.recovered('recovered', found.triggers.length);
  }

  private add(waiting: Waiting): void {
    this.waiting.push(waiting);
    if (!this.isRunning) void this.run();
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.waiting.length > 0) {
      await turn();
      const together = this.waiting;
      this.waiting = [];
      await this.findAll(together.toSorted((a, b) => offsetOf(a) - offsetOf(b)));
    }
    this.isRunning = false;
  }

  /** @param together the one that was away longest first. */
  private async findAll(together: readonly Waiting[]): Promise<void> {
    let rest = together;
    try {
      while (rest.length > 0) rest = await this.findSome(rest);
    } catch (cause) {
      for (const { reject } of rest) {
        this.metrics.history.recovered('unavailable');
        reject(ROOM_ERRORS.unavailable(cause));
      }
    }
  }

  /** Looks for the first, and for all that can be told by the same part of the history. @returns the others. */
  private async findSome(together: readonly Waiting[]): Promise<readonly Waiting[]> {
    const [first] = together;
    const recovery = await this.log!.recover(first!.returning.since);
    if (typeof recovery === 'string') {
      first!.take(recovery);
      return together.slice(1);
    }
    const isTold = ({ returning }: Waiting): boolean => recovery.has(returning.since);
    await this.tell(together.filter(isTold), recovery);
    return together.filter((waiting) => !isTold(waiting));
  }

  private async tell(waiting: readonly Waiting[], { missed, until }: TriggerRecovery): Promise<void> {
    const returning = waiting.map((each) => each.returning);
    await matchAgain(missed, returning, this.settings.matching);
    const frames = new SharedFanouts();
    const byEnvelope = waiting.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    await inSlices(byEnvelope, ({ returning: each, take }) => take(each.found(until, frames)));
  }
}

function offsetOf({ returning }: Waiting): number {
  return returning.since.offset;
}

function keyOf({ returning }: Waiting): string {
  return returning.subscription.envelopeKey;
}
