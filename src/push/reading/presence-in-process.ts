import { Injectable } from '@nestjs/common';
import type { PresencePage } from '../../broker/presence-book.js';
import { toJsonText, valueOf } from '../../protocol/json/json.js';
import { PresenceReading, type PresenceWhere } from './presence-reading.js';

/** Somebody who is present. */
export interface PresentMember {
  /** The key by which it is known. Numbers beyond 2^53 lose digits. */
  readonly key: string | number;
  /** The fields that are shown of it, if any are. */
  readonly info?: Readonly<Record<string, unknown>>;
}

/** The members present in one topic or room. */
export interface Presence {
  readonly count: number;
  /** Absent when they are more than the limit. */
  readonly members?: readonly PresentMember[];
}

/** Options of `Kittiwake.presence`. */
export interface PresenceQuery {
  /** The most members that are given one by one; by default the setting `max`, at most `publish.maxBatch`. */
  readonly limit?: number | undefined;
}

/** The readings of presence, for the app that the gateway is part of. */
@Injectable()
export class PresenceInProcess {
  constructor(private readonly reading: PresenceReading) {}

  /** See `Kittiwake.presence`. @throws as that says. */
  async read(where: string | object, { limit }: PresenceQuery): Promise<Presence> {
    return presenceOf(await this.reading.read(placeOf(where), limit));
  }

  /** See `Kittiwake.presenceCounts`. @throws as that says. */
  count(places: readonly (string | object)[]): Promise<number[]> {
    return this.reading.count(places.map(placeOf));
  }
}

/** @param where a topic, or a room. */
function placeOf(where: string | object): PresenceWhere {
  return typeof where === 'string' ? { topic: where } : { room: toJsonText(where) };
}

function presenceOf({ count, members }: PresencePage): Presence {
  if (!members) return { count };
  return { count, members: members.map(({ text }) => valueOf(text) as PresentMember) };
}
