import { Injectable } from '@nestjs/common';
import { RoomsSettings } from '../config/rooms.settings.js';
import { RoomHub, type TriggerSource } from './room-hub.js';
import { Trigger } from './trigger.js';

/** Takes triggers for rooms from services. */
@Injectable()
export class RoomPublisher {
  constructor(
    private readonly hub: RoomHub,
    private readonly settings: RoomsSettings,
  ) {}

  /**
   * Sends a trigger, in its wire form, to the subscriptions of its rooms on all nodes.
   * @returns how many subscriptions of this node were reached.
   * @throws {TriggerError} when it is not a trigger.
   * @throws when the broker could not take it for the other nodes.
   */
  async trigger(text: string, source: TriggerSource): Promise<number> {
    return this.hub.publish(Trigger.parse(text, this.settings.maxRoomsPerTrigger), source);
  }
}
