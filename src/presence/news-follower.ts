import type { PresenceNews, PresencePage } from '../broker/presence-book.js';

/** Numbers go on by one; a step like this is a book that has begun anew, with the time as its number. */
const ANEW = 1_000;
/** News that may wait for the book to be read; more are let go, and found missing afterwards. */
const MAX_WAITING = 1_000;

/** The number where nobody is present: the next one is any. */
const NOBODY = 0;

/** Told of what a {@link NewsFollower} finds. */
export interface NewsListener {
  /** The next news. */
  news(news: PresenceNews): void;
  /** News are missing before those that have come. @param isAnew whether the book has begun anew. */
  missed(isAnew: boolean): void;
}

/** Follows the news of one channel, each once and in order, and finds out when some are missing. */
export class NewsFollower {
  private latest: number | undefined;
  /** Those that come while the book is read. */
  private waiting: PresenceNews[] | undefined;

  constructor(private readonly listener: NewsListener) {}

  /** The number of the latest news; absent while it is not known. */
  get number(): number | undefined {
    return this.latest;
  }

  take(news: PresenceNews): void {
    if (!this.waiting) this.follow(news);
    else if (this.waiting.push(news) > MAX_WAITING) this.waiting = [];
  }

  /** Says which news are the latest, if that is not known. @param number of the latest news. */
  begin(number: number): void {
    if (!this.waiting) this.latest ??= number;
  }

  /** News may be missing from here on. */
  lose(): void {
    this.latest = undefined;
  }

  /** The book is about to be read: what comes from here on may be in what is read, or come after it. */
  beginReading(): void {
    this.waiting = [];
  }

  /** It could not be read. */
  failReading(): void {
    this.waiting = undefined;
    this.latest = undefined;
  }

  /** It was read: goes on after that. */
  endReading({ number }: Pick<PresencePage, 'number'>): void {
    const waiting = this.waiting ?? [];
    this.waiting = undefined;
    this.latest = number;
    for (const news of waiting) this.take(news);
  }

  private follow(news: PresenceNews): void {
    const { latest } = this;
    if (latest !== undefined && news.number <= latest) return; // it was in what was read
    // Where nobody is present any more, nothing is known of the channel either.
    this.latest = news.count === 0 ? NOBODY : news.number;
    const isNext = latest === NOBODY ? isFirst(news) : latest === undefined || news.number === latest + 1;
    if (isNext) this.listener.news(news);
    else this.listener.missed(latest !== NOBODY && news.number - latest! > ANEW);
  }
}

/** Whether nobody was present before: then all who are have come with it. */
function isFirst({ count, changes }: PresenceNews): boolean {
  return changes?.joined.length === count;
}
