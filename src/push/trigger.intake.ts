import { Injectable } from '@nestjs/common';
import { PublishSettings } from '../config/sections/publish.settings.js';
import { InputBounds } from '../protocol/json/bounds.js';
import type { JsonText } from '../protocol/json/json.js';
import { RoomPublisher } from '../rooms/room-publisher.js';
import { TriggerError } from '../rooms/room/trigger.js';
import { Intake } from './intake.js';

/** A trigger that was taken. */
export interface Triggered {
  readonly status: 'ok';
  /** The number of subscriptions of this node that were reached. */
  readonly reached: number;
}

/** Takes triggers for rooms. */
@Injectable()
export class TriggerIntake extends Intake<Triggered> {
  constructor(rooms: RoomPublisher, settings: PublishSettings, bounds: InputBounds) {
    const take = async (source: JsonText | Buffer): Promise<Triggered> => ({
      status: 'ok',
      reached: await rooms.trigger(source, 'http'),
    });
    super({ name: 'triggers', take, refusal: TriggerError }, settings, bounds);
  }
}
