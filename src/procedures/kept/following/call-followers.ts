import { Injectable } from '@nestjs/common';
import { Hub } from '../../../delivery/hub.js';
import type { KeptCallMetrics } from '../../../metrics/kept-call.metrics.js';
import { Metrics } from '../../../metrics/metrics.js';
import { ClientError } from '../../../protocol/errors.js';
import { PROCEDURE_ERRORS } from '../../procedure-errors.js';
import { CallChannels } from '../record/call-channels.js';
import { CallCursor } from './call-cursor.js';
import { CallFollower } from './call-follower.js';
import type { CallHead } from '../record/call-record.js';
import type { CallStory } from '../record/call-story.js';
import { KEPT_ERRORS } from '../record/kept-errors.js';

/** Told how many watch a call on this node. */
export type WatchListener = (id: string, count: number) => void;

/** The calls that somebody watches on this node. */
@Injectable()
export class CallFollowers {
  private readonly followers = new Map<string, CallFollower>();
  private readonly listeners: WatchListener[] = [];
  private readonly metrics: KeptCallMetrics;

  constructor(
    private readonly hub: Hub,
    private readonly channels: CallChannels,
    metrics: Metrics,
  ) {
    this.metrics = metrics.keptCalls;
    this.metrics.countWatchers(() => this.watcherCount);
  }

  /** @param listener called when the number of those who watch a call here has changed. */
  whenWatched(listener: WatchListener): void {
    this.listeners.push(listener);
  }

  /** Whether anybody watches any call on this node. */
  get areAny(): boolean {
    return this.followers.size > 0;
  }

  /** The stories of the calls that are watched here, by their ids. */
  get stories(): readonly (readonly [string, CallStory])[] {
    return [...this.followers].map(([id, { story }]) => [id, story]);
  }

  isWatched(id: string): boolean {
    return (this.followers.get(id)?.watchers.size ?? 0) > 0;
  }

  /** The story of a call, known or kept; nothing of one that is not kept. @throws {ClientError} as {@link watch}. */
  async storyOf(id: string): Promise<CallStory | undefined> {
    const follower = this.followers.get(id);
    if (!follower) return this.channels.storyOf(id);
    await follower.open();
    return follower.story;
  }

  /**
   * Has somebody watch a call.
   * @param at how many results were had already.
   * @param mayWatch asked once it is known whose call it is.
   * @throws {ClientError} `call_not_found`, `position_lost`, or when the broker cannot be reached.
   */
  async watch(id: string, at: number, mayWatch: (head: CallHead) => Promise<boolean>): Promise<CallCursor> {
    try {
      const cursor = await this.cursorAt(id, at, mayWatch);
      this.metrics.watched('watching');
      return cursor;
    } catch (error) {
      this.metrics.watched(error instanceof ClientError ? error.code : 'unavailable');
      throw error;
    }
  }

  private async cursorAt(
    id: string,
    at: number,
    mayWatch: (head: CallHead) => Promise<boolean>,
  ): Promise<CallCursor> {
    if (!this.followers.has(id) && !(await this.channels.isKept(id))) throw PROCEDURE_ERRORS.callNotFound();
    const follower = this.followerOf(id);
    const cursor: CallCursor = new CallCursor(follower, at, () => this.left(follower, cursor));
    follower.watchers.add(cursor);
    try {
      await follower.open();
      const { head } = follower.story;
      if (!head || !(await mayWatch(head))) throw PROCEDURE_ERRORS.callNotFound();
      // Somebody may have been where more is known: on a node that was quicker.
      if (isBeyond(at, follower.story) && isBeyond(at, await this.channels.storyOf(id)))
        throw KEPT_ERRORS.positionLost();
    } catch (error) {
      cursor.return();
      throw error;
    }
    this.changed(follower);
    return cursor;
  }

  private followerOf(id: string): CallFollower {
    let follower = this.followers.get(id);
    if (!follower) this.followers.set(id, (follower = new CallFollower(id, this.hub)));
    return follower;
  }

  private get watcherCount(): number {
    let count = 0;
    for (const { watchers } of this.followers.values()) count += watchers.size;
    return count;
  }

  private left(follower: CallFollower, cursor: CallCursor): void {
    follower.watchers.delete(cursor);
    if (follower.watchers.size === 0) {
      this.followers.delete(follower.id);
      follower.close();
    }
    this.changed(follower);
  }

  private changed({ id, watchers }: CallFollower): void {
    for (const listener of this.listeners) listener(id, watchers.size);
  }
}

/** Whether a position is of no result of a call, nor of its end. */
function isBeyond(at: number, story: CallStory | undefined): boolean {
  return !story || at > story.count + (story.end ? 1 : 0);
}
