import { Injectable } from '@nestjs/common';
import { PublishSettings } from '../config/sections/publish.settings.js';
import { InputBounds } from '../protocol/json/bounds.js';
import type { JsonText } from '../protocol/json/json.js';
import { RoomPublisher } from '../rooms/room-publisher.js';
import type { Relayed } from '../rooms/relay/room-relay.js';
import { TriggerError } from '../rooms/room/trigger.js';
import type { ApiKey } from './api-key.js';
import { Intake } from './intake.js';

/** A trigger that was taken. */
export interface Triggered {
  readonly status: 'ok';
  /** The number of subscriptions of this node that were reached. */
  readonly reached: number;
  /** Its place in the history of rooms, where one is kept. */
  readonly position?: string;
  /** It had been taken before. */
  readonly repeated?: true;
}

function triggered({ reached, appended }: Relayed): Triggered {
  if (!appended) return { status: 'ok', reached };
  const { position, isRepeated } = appended;
  return { status: 'ok', reached, position: position.toString(), ...(isRepeated && { repeated: true }) };
}

/** Takes triggers for rooms. */
@Injectable()
export class TriggerIntake extends Intake<Triggered> {
  constructor(rooms: RoomPublisher, settings: PublishSettings, bounds: InputBounds) {
    const take = async (
      source: JsonText | Buffer,
      key: ApiKey,
      idempotencyKey?: string,
    ): Promise<Triggered> => {
      const trigger = rooms.parse(source);
      key.requireRooms(trigger.rooms);
      return triggered(await rooms.publish(trigger, 'http', idempotencyKey));
    };
    super({ name: 'triggers', take, refusal: TriggerError }, settings, bounds);
  }
}
