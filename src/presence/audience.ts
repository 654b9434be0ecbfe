import type { PresenceChanges, PresenceNews, PresencePage } from '../broker/presence-book.js';
import { membersText } from '../broker/presence-news.js';
import type { JsonText } from '../protocol/json/json.js';
import { MemberList } from './member-list.js';
import { Paced } from './paced.js';
import { PresenceFrames } from './presence-frames.js';
import type { Viewer } from './viewer.js';

/** Members are told of members no more often: with 200 who come one after another it is the most of what is sent. */
const LIST_PERIOD_MS = 100;
const COUNT_PERIOD_MS = 1_000;
/** Of the most members that are told one by one: from here on they are told again, so that it does not go to and fro. */
const FEW = 0.9;

/**
 * The clients of this node that see who is present in one place. Each frame is made once for all whose frames begin alike. Those who see
 * members get what has changed, each time with the next number; where there are too many, how many there are.
 */
export class Audience {
  private readonly viewers = new Set<Viewer>();
  private readonly counters = new Set<Viewer>();
  /** Absent while too many are present to tell. */
  private list: MemberList | undefined;
  private count = 0;
  private toldCount: number | undefined;
  private seq = 0;
  /** Whether the viewers have a list. */
  private hasToldList = true;
  private readonly listPace = new Paced(LIST_PERIOD_MS, () => this.tellList());
  private readonly countPace = new Paced(COUNT_PERIOD_MS, () => this.tellCount());

  /** @param max the most members that are told one by one. */
  constructor(private readonly max: number) {}

  get isEmpty(): boolean {
    return this.viewers.size + this.counters.size === 0;
  }

  /** Whether there are few enough to be told one by one, and nobody knows who they are. */
  get lacksList(): boolean {
    return !this.list && this.count <= this.max * FEW;
  }

  /** The number of those present, as clients are told. */
  get size(): number {
    return this.count;
  }

  /** There are no clients: what they would see is not known any more. */
  forget(): void {
    this.stop();
    this.list = undefined;
    this.hasToldList = true;
    this.toldCount = undefined;
    this.count = 0;
  }

  /** Adds a client. @returns what it is told at once, as JSON. */
  add(viewer: Viewer, seesMembers: boolean): JsonText {
    if (!seesMembers) {
      this.counters.add(viewer);
      return this.countText as JsonText;
    }
    this.viewers.add(viewer);
    const { list } = this;
    if (!list) return this.countText as JsonText;
    if (!list.isChanged && this.hasToldList) return `{${this.listText(list)}}` as JsonText;
    // It is ahead of the others: what they are told next makes them equal.
    viewer.version = list.version;
    return `{"seq":${this.seq + 1},"members":${list.text}}` as JsonText;
  }

  remove(viewer: Viewer): void {
    this.viewers.delete(viewer);
    this.counters.delete(viewer);
  }

  /** The members present, as they were read. */
  become({ count, members }: PresencePage): void {
    this.count = count;
    if (!members) this.dropList();
    else if (this.list) this.list.become(members);
    else this.list = new MemberList(members);
    this.wake();
  }

  /** Takes news. @returns whether it is known who is present. */
  take({ count, changes }: PresenceNews): boolean {
    this.count = count;
    if (count > this.max) this.dropList();
    else if (this.list && changes) this.list.apply(changes);
    this.wake();
    return !this.lacksList && (changes !== undefined || count > this.max);
  }

  stop(): void {
    this.listPace.stop();
    this.countPace.stop();
  }

  private wake(): void {
    const { list, viewers, counters } = this;
    if (viewers.size > 0 && list && (list.isChanged || !this.hasToldList)) this.listPace.wake();
    if (this.count !== this.toldCount && (counters.size > 0 || !list)) this.countPace.wake();
  }

  /** Those who have it are told how many there are, and later a whole one. */
  private dropList(): void {
    if (this.list) this.toldCount = undefined;
    this.list = undefined;
    this.hasToldList = false;
  }

  private tellList(): void {
    const { list } = this;
    if (!list) return;
    const changes = list.takeChanges();
    const isWhole = !this.hasToldList;
    this.hasToldList = true;
    if (!changes && !isWhole && !this.hasAhead()) return;
    this.seq++;
    const latest = once(() => new PresenceFrames(this.listText(list)));
    const { joined, left } = changes ?? NOTHING;
    const lists = `"seq":${this.seq},"join":${membersText(joined)},"leave":[${left.join()}]`;
    const change = isWhole ? latest() : new PresenceFrames(lists);
    for (const viewer of this.viewers) {
      if (viewer.version === undefined) viewer.send(change, latest);
      else if (viewer.version !== list.version) viewer.send(latest(), latest);
      viewer.version = undefined;
    }
  }

  private hasAhead(): boolean {
    for (const { version } of this.viewers) if (version !== undefined) return true;
    return false;
  }

  private tellCount(): void {
    if (this.count === this.toldCount) return;
    this.toldCount = this.count;
    const frames = new PresenceFrames(this.countText.slice(1, -1));
    for (const viewer of this.counters) viewer.send(frames, () => frames);
    if (this.list) return;
    for (const viewer of this.viewers) {
      viewer.version = undefined;
      viewer.send(frames, () => frames);
    }
  }

  private listText({ text }: MemberList): string {
    return `"seq":${this.seq},"members":${text}`;
  }

  private get countText(): string {
    return `{"count":${this.count}}`;
  }
}

const NOTHING: PresenceChanges = { joined: [], left: [] };

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
