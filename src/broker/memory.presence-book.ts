import type { Publication } from '../protocol/publication.js';
import type { PresenceBook, PresenceChange, PresencePage } from './presence-book.js';
import { newsPublication } from './presence-news.js';
import { PresenceRoll } from './presence-roll.js';

/** The page of a channel on which nobody is present. */
const NOBODY: PresencePage = { number: 0, count: 0, members: [] };

/** The members present, in the memory of a single process, or of the one that keeps it for the processes of a machine. */
export class MemoryPresenceBook implements PresenceBook {
  readonly outlivesNodes = false;
  private readonly rolls = new Map<string, PresenceRoll>();
  /** Keeps everything in place of this one. */
  private heir: PresenceBook | undefined;

  /** @param send sends a publication to those who have joined its channel. */
  constructor(private send: (channel: string, publication: Publication) => void) {}

  /** Has all news sent there as well. */
  alsoSend(send: (channel: string, publication: Publication) => void): void {
    const before = this.send;
    this.send = (channel, publication) => {
      before(channel, publication);
      send(channel, publication);
    };
  }

  async write(channel: string, changes: readonly PresenceChange[], max: number): Promise<number> {
    if (this.heir) return this.heir.write(channel, changes, max);
    const roll = this.rolls.get(channel) ?? new PresenceRoll();
    const news = roll.write(changes, max);
    if (roll.isEmpty) this.rolls.delete(channel);
    else this.rolls.set(channel, roll);
    if (news) this.send(channel, newsPublication(channel, news));
    return roll.isEmpty ? 0 : roll.latest;
  }

  async read(channel: string, max: number): Promise<PresencePage> {
    if (this.heir) return this.heir.read(channel, max);
    return this.rolls.get(channel)?.page(max) ?? NOBODY;
  }

  /** Gives everything to another process, which keeps it from here on. @throws when that cannot be reached. */
  async giveTo(heir: PresenceBook): Promise<void> {
    const rolls = [...this.rolls];
    this.rolls.clear();
    this.heir = heir;
    await Promise.all(rolls.map(([channel, roll]) => heir.write(channel, roll.changes(), 0)));
  }

  /** The heir is gone, and what it has kept: nodes write again what is theirs. */
  takeBack(): void {
    this.heir = undefined;
  }

  /** Forgets everything. */
  stop(): void {
    this.rolls.clear();
  }
}
