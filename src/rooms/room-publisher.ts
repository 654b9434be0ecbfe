import { Injectable } from '@nestjs/common';
import { RoomsSettings } from '../config/sections/rooms/rooms.settings.js';
import { InputBounds } from '../protocol/json/bounds.js';
import { JsonDocument } from '../protocol/json/json-document.js';
import type { JsonText } from '../protocol/json/json.js';
import { RoomHub, type TriggerSource } from './room-hub.js';
import { Trigger, TriggerError } from './room/trigger.js';

/** Triggers for rooms, as services and RabbitMQ give them. */
@Injectable()
export class RoomPublisher {
  constructor(
    private readonly hub: RoomHub,
    private readonly settings: RoomsSettings,
    private readonly bounds: InputBounds,
  ) {}

  /**
   * Sends a trigger, in its wire form as UTF-8 or as text that is valid JSON, to the subscriptions of its rooms on all
   * nodes.
   * @returns how many subscriptions of this node were reached.
   * @throws {TriggerError} when it is not a trigger.
   * @throws when the broker could not take it for the other nodes.
   */
  async trigger(trigger: JsonText | Buffer, source: TriggerSource): Promise<number> {
    return this.hub.publish(this.parsed(trigger), source);
  }

  /** As {@link trigger}, to those of this node only: the others have it already. @throws {TriggerError} as there. */
  deliver(trigger: Buffer, source: TriggerSource): void {
    this.hub.deliver(this.parsed(trigger), source);
  }

  private parsed(trigger: JsonText | Buffer): Trigger {
    const { maxRoomsPerTrigger } = this.settings;
    if (typeof trigger !== 'string') return Trigger.parse(trigger, maxRoomsPerTrigger, this.bounds);
    const text = JsonDocument.within(trigger, { bounds: this.bounds, fault: TriggerError });
    return Trigger.of(text, maxRoomsPerTrigger);
  }
}
