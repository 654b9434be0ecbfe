import { Injectable } from '@nestjs/common';
import { RoomsSettings } from '../../config/sections/rooms/rooms.settings.js';
import { InputBounds } from '../../protocol/json/bounds.js';
import { JsonDocument } from '../../protocol/json/json-document.js';
import type { JsonText } from '../../protocol/json/json.js';
import { Trigger, TriggerError } from './trigger.js';

/** Reads triggers, within the bounds of this gateway. */
@Injectable()
export class TriggerParser {
  constructor(
    private readonly settings: RoomsSettings,
    private readonly bounds: InputBounds,
  ) {}

  /** @param trigger its wire form, as bytes or as valid JSON. @throws {TriggerError} when it is not a trigger. */
  parse(trigger: JsonText | Buffer): Trigger {
    const { maxRoomsPerTrigger } = this.settings;
    if (typeof trigger !== 'string') return Trigger.parse(trigger, maxRoomsPerTrigger, this.bounds);
    const text = JsonDocument.within(trigger, { bounds: this.bounds, fault: TriggerError });
    return Trigger.of(text, maxRoomsPerTrigger);
  }

  /** As {@link parse}, of one that was read before, perhaps by another gateway. @returns nothing if it is none. */
  parseAgain(trigger: JsonText | Buffer): Trigger | undefined {
    const { maxRoomsPerTrigger } = this.settings;
    try {
      return typeof trigger === 'string' ? Trigger.of(trigger, maxRoomsPerTrigger) : this.parse(trigger);
    } catch (error) {
      if (error instanceof TriggerError) return undefined;
      throw error;
    }
  }
}
