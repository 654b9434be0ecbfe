import { setTimeout as delay } from 'node:timers/promises';
import type { PresenceBook, PresenceNews, PresencePage } from '../broker/presence-book.js';
import { newsIn } from '../broker/presence-news.js';
import type { ChannelListener } from '../delivery/channel.js';
import type { Hub } from '../delivery/hub.js';
import type { Leases } from '../leases/leases.js';
import type { JsonText } from '../protocol/json/json.js';
import type { Publication } from '../protocol/publication.js';
import { Audience } from './audience.js';
import { NewsFollower } from './news-follower.js';
import { OwnMembers } from './own-members.js';
import type { PresencePlace } from './presence-place.js';
import type { Viewer } from './viewer.js';

/** The time that nodes have to write again what a book has lost, before clients are told who is missing in it. */
const SETTLING_MS = 1_000;
const RETRY_MS = 1_000;

/** The means of a channel of presence. */
export interface PresenceMeans {
  readonly book: PresenceBook;
  readonly hub: Hub;
  readonly leases: Leases;
}

/**
 * One place as this node knows it: whom its own connections make present, who of its clients sees it, and the news about
 * it. Where news are missing, what is its own is written again, and the book is read.
 */
export class PresenceChannel implements ChannelListener {
  readonly own: OwnMembers;
  private readonly audience: Audience;
  private readonly follower = new NewsFollower({
    news: (news) => this.news(news),
    missed: (isAnew) => this.missed(isAnew),
  });
  private hearing: Promise<() => void> | undefined;
  private reading: Promise<void> | undefined;
  /** Whether the audience is up to date. */
  private isKnown = false;
  /** Those who are about to see it. */
  private coming = 0;
  private numberBefore = 0;
  /** Called with the next news. */
  private waiting: (() => void)[] = [];
  private isStopped = false;

  /** @param onIdle called when nobody of this node is present, and nobody sees it. */
  constructor(
    private readonly place: PresencePlace,
    private readonly means: PresenceMeans,
    private readonly onIdle: () => void,
  ) {
    this.own = new OwnMembers(place, means.book, means.leases, () => this.leaveIfIdle());
    this.audience = new Audience(place.max);
    void this.hear().catch(() => undefined); // tried again by `check`, and by whoever wants to see it
  }

  /** A client is about to see it: what is known stays so, until {@link dismiss}. */
  expect(): void {
    this.coming++;
  }

  /** The client sees it, or never will. */
  dismiss(): void {
    this.coming--;
    this.leaveIfIdle();
  }

  /**
   * Makes what is to be seen known. @param number of the news that have to be in it.
   * @throws {BrokerError} or {ClientError} when nobody can say who is present.
   */
  async look(number: number): Promise<void> {
    await this.hear();
    while (!this.isKnown || this.number < number) {
      if (this.isKnown) await new Promise<void>((resolve) => this.waiting.push(resolve));
      else await (this.reading ??= this.read());
    }
  }

  /** Adds a client, after {@link look}. @returns what it is told at once. */
  show(viewer: Viewer, seesMembers: boolean): JsonText {
    return this.audience.add(viewer, seesMembers);
  }

  hide(viewer: Viewer): void {
    this.audience.remove(viewer);
    this.leaveIfIdle();
  }

  /** See {@link ChannelListener.received}. */
  received(publication: Publication): void {
    const news = newsIn(publication);
    if (news) this.follower.take(news);
  }

  /** See {@link ChannelListener.lost}. */
  lost(): void {
    this.follower.lose();
    this.missed(true);
  }

  /** Looks whether the book is where the news are: what is lost at the very end shows by nothing else. */
  async check(): Promise<void> {
    await this.hear();
    const asked = this.follower.number;
    const { number } = await this.means.book.read(this.place.channel, 0);
    const { follower, own, numberBefore } = this;
    this.numberBefore = number;
    if (this.reading) return;
    if (number === 0 ? own.areWritten : asked !== undefined && number < asked) this.missed(true);
    // What was on its way then has come by now.
    else if (number > 0 && follower.number !== undefined && follower.number < numberBefore)
      this.missed(false);
    else if (number === 0 && numberBefore === 0 && this.audience.size > 0) this.missed(false);
    else if (number > 0) follower.begin(number);
  }

  leaveIfIdle(): void {
    if (!this.audience.isEmpty || this.coming > 0) return;
    this.isKnown = false;
    this.audience.forget();
    if (this.own.isEmpty) this.onIdle();
  }

  stop(): void {
    this.isStopped = true;
    this.own.stop();
    this.audience.stop();
    void this.hearing?.then((end) => end()).catch(() => undefined); // it was never heard
  }

  private hear(): Promise<unknown> {
    this.hearing ??= this.means.hub.tap(this.place.channel, this).catch((error) => {
      this.hearing = undefined;
      throw error;
    });
    return this.hearing;
  }

  private get number(): number {
    return this.follower.number ?? 0;
  }

  private news(news: PresenceNews): void {
    this.goOn();
    if (!this.isKnown || this.audience.take(news)) return;
    // There are few enough again to be told one by one.
    this.reading ??= this.read().catch(() => this.readUntilKnown(RETRY_MS));
  }

  private missed(isAnew: boolean): void {
    this.goOn();
    this.own.writeAgain();
    const isSeen = this.isKnown || this.coming > 0;
    this.isKnown = false;
    if (isSeen) this.reading ??= this.readUntilKnown(isAnew ? SETTLING_MS : 0);
  }

  private goOn(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private async readUntilKnown(waitMs: number): Promise<void> {
    if (waitMs > 0) await delay(waitMs, undefined, { ref: false });
    while (!this.isStopped && !this.audience.isEmpty) {
      try {
        return await this.read();
      } catch {
        await delay(RETRY_MS, undefined, { ref: false }); // silent: a broker that is lost says so itself
      }
    }
    this.reading = undefined;
  }

  private async read(): Promise<void> {
    const { book } = this.means;
    this.follower.beginReading();
    let page: PresencePage;
    try {
      page = await book.read(this.place.channel, this.place.max);
    } catch (error) {
      this.follower.failReading();
      this.reading = undefined;
      throw error;
    }
    this.reading = undefined;
    this.isKnown = true;
    this.audience.become(page);
    this.follower.endReading(page);
  }
}
