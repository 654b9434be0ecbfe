import { Injectable } from '@nestjs/common';
import type { PresencePage } from '../../broker/presence-book.js';
import { PublishSettings } from '../../config/sections/publish.settings.js';
import { PresenceError } from '../../presence/presence.error.js';
import type { PresencePlace } from '../../presence/presence-place.js';
import { Presences } from '../../presence/presences.js';
import type { JsonText } from '../../protocol/json/json.js';
import { RoomPresences } from '../../rooms/room-presences.js';
import { TopicPresences } from '../../topics/beginning/topic-presences.js';

/** The place to look at: a topic, or a room as JSON. */
export type PresenceWhere = { readonly topic: string } | { readonly room: JsonText };

/** Tells services who is present. */
@Injectable()
export class PresenceReading {
  constructor(
    private readonly presences: Presences,
    private readonly topics: TopicPresences,
    private readonly rooms: RoomPresences,
    private readonly settings: PublishSettings,
  ) {}

  /**
   * The members present in one place.
   * @param limit the most members that are given one by one; by default as many as clients are told.
   * @throws {PresenceError} when it is not kept, or the limit is wrong.
   * @throws {BrokerError} when nobody can say.
   */
  async read(where: PresenceWhere, limit?: number): Promise<PresencePage> {
    const place = this.placeOf(where);
    const { maxBatch } = this.settings;
    if (limit !== undefined && (!Number.isInteger(limit) || limit < 0 || limit > maxBatch))
      throw new PresenceError('invalid', `"limit" must be a whole number from 0 to ${maxBatch}`);
    return this.presences.read(place, limit ?? place.max);
  }

  /** The number of those present in each of some places. @throws as {@link read}, also when there are too many. */
  async count(places: readonly PresenceWhere[]): Promise<number[]> {
    const { maxBatch } = this.settings;
    if (places.length > maxBatch)
      throw new PresenceError('invalid', `more than ${maxBatch} topics and rooms`);
    const known = places.map((where) => this.placeOf(where));
    const pages = await Promise.all(known.map((place) => this.presences.read(place, 0)));
    return pages.map(({ count }) => count);
  }

  private placeOf(where: PresenceWhere): PresencePlace {
    const place = 'topic' in where ? this.topics.find(where.topic) : this.rooms.find(where.room);
    if (place) return place;
    throw new PresenceError(
      'absent',
      'topic' in where
        ? '"subscription" must be <service>.<topic> of a service with presence'
        : '"room" must be an object, and rooms must have presence',
    );
  }
}
