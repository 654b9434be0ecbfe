import type { PresenceBook, PresenceChange, PresencePage } from '../presence-book.js';
import type { SlotPresence } from './presence/slot-presence.js';

/** The members present, in Redis, by scripts that send the news as well. */
export class RedisPresenceBook implements PresenceBook {
  readonly outlivesNodes = true;

  /** @param slotOf gives the slot that a channel is in. */
  constructor(private readonly slotOf: (channel: string) => SlotPresence) {}

  async write(channel: string, changes: readonly PresenceChange[], max: number): Promise<number> {
    return this.slotOf(channel).add(channel, changes, max);
  }

  async read(channel: string, max: number): Promise<PresencePage> {
    return this.slotOf(channel).page(channel, max);
  }
}
