import { Injectable } from '@nestjs/common';
import { RoomsSettings } from '../config/sections/rooms/rooms.settings.js';
import type { PublicationSource } from '../metrics/metrics.js';
import { idempotencyKeyOf, isIdempotencyKey } from '../protocol/idempotency-key.js';
import { InputBounds } from '../protocol/json/bounds.js';
import { JsonDocument } from '../protocol/json/json-document.js';
import type { JsonText } from '../protocol/json/json.js';
import { type Relayed, RoomRelay } from './room-relay.js';
import { Trigger, TriggerError } from './room/trigger.js';

/** Triggers for rooms, as services and RabbitMQ give them. */
@Injectable()
export class RoomPublisher {
  constructor(
    private readonly relay: RoomRelay,
    private readonly settings: RoomsSettings,
    private readonly bounds: InputBounds,
  ) {}

  /**
   * Sends a trigger, in its wire form as UTF-8 or as text that is valid JSON, to the subscriptions of its rooms on all
   * nodes.
   * @param idempotencyKey makes a repeat harmless, where a history is kept; so does the one in the trigger.
   * @throws {TriggerError} when it is not a trigger, or the key cannot be one.
   * @throws when the broker could not take it.
   */
  async trigger(
    trigger: JsonText | Buffer,
    source: PublicationSource,
    idempotencyKey?: string,
  ): Promise<Relayed> {
    const parsed = this.parsed(trigger);
    if (!this.settings.history) return this.relay.publish(parsed, source);
    const key = idempotencyKeyOf(parsed, idempotencyKey, TriggerError);
    return this.relay.publish(parsed, source, key);
  }

  /** As {@link trigger}, to those of this node only: the others have it already. @throws {TriggerError} as there. */
  deliver(trigger: Buffer, source: PublicationSource): void {
    this.relay.deliver(this.parsed(trigger), source);
  }

  /**
   * Reads a trigger that came to this node alone.
   * @param messageId makes a repeat harmless, if it can be a key; so does the key in the trigger.
   * @returns what sends it to those of all nodes, and settles once it is kept; it may be tried again.
   * @throws {TriggerError} as {@link trigger}.
   */
  keeping(trigger: Buffer, source: PublicationSource, messageId: unknown): () => Promise<void> {
    const parsed = this.parsed(trigger);
    const own = idempotencyKeyOf(parsed, undefined, TriggerError);
    const key = own ?? (isIdempotencyKey(messageId) ? messageId : undefined);
    return () => this.relay.keep(parsed, source, key);
  }

  private parsed(trigger: JsonText | Buffer): Trigger {
    const { maxRoomsPerTrigger } = this.settings;
    if (typeof trigger !== 'string') return Trigger.parse(trigger, maxRoomsPerTrigger, this.bounds);
    const text = JsonDocument.within(trigger, { bounds: this.bounds, fault: TriggerError });
    return Trigger.of(text, maxRoomsPerTrigger);
  }
}
