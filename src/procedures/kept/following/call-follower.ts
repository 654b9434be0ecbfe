import type { ChannelListener } from '../../../delivery/channel.js';
import type { Hub } from '../../../delivery/hub.js';
import type { Publication } from '../../../protocol/publication.js';
import { callChannel } from '../record/call-id.js';
import { type CallPart, recordOf } from '../record/call-record.js';
import { after, CallStory } from '../record/call-story.js';
import { KEPT_ERRORS } from '../record/kept-errors.js';

/** More than any call has: what is kept of one is limited where it is written. */
const ALL_RECORDS = 10_000_000;
const RULES = { size: ALL_RECORDS, ttlMs: 0, isBrief: true, unsequenced: 'drop' } as const;
/** Parts that are at hand for who is not quite up to date; older ones are read from the history. */
const MAX_RECENT = 16;

/** The listener that is told of something new. */
export interface CallWatcher {
  changed(): void;
}

/** A call as this node follows it, for all who watch it here. */
export class CallFollower implements ChannelListener {
  readonly watchers = new Set<CallWatcher>();
  readonly story = new CallStory();
  private readonly channel: string;
  private recent: CallPart[] = [];
  /** Publications from before it was known how the call had gone on until then. */
  private waiting: Publication[] | undefined = [];
  private leave: (() => void) | undefined;
  private isClosed = false;
  private opening: Promise<void> | undefined;

  constructor(
    readonly id: string,
    private readonly hub: Hub,
  ) {
    this.channel = callChannel(id);
  }

  /** @throws {ClientError} when the broker cannot be reached. */
  open(): Promise<void> {
    return (this.opening ??= this.begin());
  }

  /** Ends it; when nobody watches any more. */
  close(): void {
    this.isClosed = true;
    this.leave?.();
    this.leave = undefined;
  }

  received(publication: Publication): void {
    if (this.waiting) this.waiting.push(publication);
    else if (this.take(publication)) this.tell();
  }

  /** Publications are missing: what is kept says which. */
  lost(): void {
    if (this.waiting) return;
    this.waiting = [];
    void this.load().catch(() => this.breakOff());
  }

  /** The first part that is at hand of what comes after a number; nothing while there is none. */
  recentAfter(number: number): CallPart | undefined {
    for (const part of this.recent) {
      if (part.first > number + 1) return undefined;
      const fresh = after(part, number);
      if (fresh) return fresh;
    }
    return undefined;
  }

  /** All parts that come after a number. @throws {ClientError} `position_lost`, or when the broker cannot be reached. */
  async allAfter(number: number): Promise<CallPart[]> {
    const publications = await this.hub.kept(this.channel);
    const story = new CallStory(number);
    const parts: CallPart[] = [];
    for (const publication of publications ?? []) {
      const part = taken(story, publication);
      if (part) parts.push(part);
    }
    if (parts[0]?.first !== number + 1) throw KEPT_ERRORS.positionLost();
    return parts;
  }

  private async begin(): Promise<void> {
    const leave = await this.hub.tap(this.channel, this, RULES);
    if (this.isClosed) leave();
    else this.leave = leave;
    await this.load();
  }

  private async load(): Promise<void> {
    const kept = (await this.hub.kept(this.channel)) ?? [];
    const { waiting = [] } = this;
    this.waiting = undefined;
    // What was known counts once. Where a history was lost, it goes on if no result is missing in between.
    for (const publication of [...kept, ...waiting]) this.take(publication);
    this.tell();
  }

  private take(publication: Publication): boolean {
    const wasBroken = this.story.isBroken;
    const part = taken(this.story, publication);
    if (part) {
      this.recent.push(part);
      if (this.recent.length > MAX_RECENT) this.recent.shift();
    }
    return part !== undefined || this.story.isBroken !== wasBroken;
  }

  private breakOff(): void {
    this.waiting = undefined;
    this.story.isBroken = true;
    this.tell();
  }

  private tell(): void {
    for (const watcher of this.watchers) watcher.changed();
  }
}

function taken(story: CallStory, publication: Publication): CallPart | undefined {
  const record = recordOf(publication);
  return record && story.take(record);
}
