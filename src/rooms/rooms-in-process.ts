import { Injectable } from '@nestjs/common';
import { objectText, toJsonText } from '../protocol/json/json.js';
import { RoomPublisher } from './room-publisher.js';
import { RoomSessions } from './room-sessions.js';

/** Delivery options of a trigger. */
export interface TriggerOptions {
  /** The id of a connection that is not to get it. */
  readonly exclude?: string | undefined;
  /**
   * Another trigger with the same key, within five minutes, is this one: a retry does no harm. Up to 255 characters.
   * Without effect where rooms keep no history.
   */
  readonly idempotencyKey?: string | undefined;
}

/** The outcome of a trigger. */
export interface TriggerResult {
  /** The number of subscriptions of this node it was sent to; 0 for a repeat. */
  readonly reached: number;
  /** Its place in the history of rooms, where one is kept. */
  readonly position?: string;
  /** Whether it had been triggered before, by its idempotency key: then it was not sent again. */
  readonly isRepeated: boolean;
}

/** Rooms, as the app uses them that the gateway is part of. */
@Injectable()
export class RoomsInProcess {
  constructor(
    private readonly rooms: RoomPublisher,
    private readonly sessions: RoomSessions,
  ) {}

  /** See `Kittiwake.trigger`. @throws as that says. */
  async trigger(
    rooms: readonly object[],
    data: unknown,
    { exclude, idempotencyKey }: TriggerOptions,
  ): Promise<TriggerResult> {
    const members = new Map([
      ['rooms', toJsonText(rooms)],
      ['data', toJsonText(data)],
    ]);
    if (exclude !== undefined) members.set('exclude', toJsonText(exclude));
    const { reached, appended } = await this.rooms.trigger(objectText(members), 'process', idempotencyKey);
    if (!appended) return { reached, isRepeated: false };
    return { reached, position: appended.position.toString(), isRepeated: appended.isRepeated };
  }

  /** See `Kittiwake.renewRooms`. */
  renew(connectionId: string | undefined): Promise<void> {
    return this.sessions.renewAll(connectionId);
  }
}
