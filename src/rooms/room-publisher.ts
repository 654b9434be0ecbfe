import { Injectable } from '@nestjs/common';
import type { PublicationSource } from '../metrics/metrics.js';
import { idempotencyKeyOf, isIdempotencyKey } from '../protocol/idempotency-key.js';
import type { JsonText } from '../protocol/json/json.js';
import { publishing } from '../tracing/messaging.js';
import { Tracing } from '../tracing/tracing.js';
import { type Relayed, RoomRelay } from './relay/room-relay.js';
import { TriggerParser } from './room/trigger-parser.js';
import { type Trigger, TriggerError } from './room/trigger.js';
import { TriggerStream } from './stream/trigger-stream.js';

const NO_KEYS =
  'idempotency keys need rooms.rabbitmq.mode durable: a stream of RabbitMQ does not tell repeats';

/** Triggers for rooms, as services and RabbitMQ give them. */
@Injectable()
export class RoomPublisher {
  constructor(
    private readonly relay: RoomRelay,
    private readonly parser: TriggerParser,
    private readonly stream: TriggerStream,
    private readonly tracing: Tracing,
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
    return this.publish(this.parse(trigger), source, idempotencyKey);
  }

  /** The trigger in its wire form. @throws {TriggerError} when it is none. */
  parse(trigger: JsonText | Buffer): Trigger {
    return this.parser.parse(trigger);
  }

  /** As {@link trigger}, of one that was read. */
  async publish(trigger: Trigger, source: PublicationSource, idempotencyKey?: string): Promise<Relayed> {
    if (!this.tracing.isOn) return this.send(trigger, source, idempotencyKey);
    const span = this.tracing.begin('publish rooms', 'producer', () =>
      publishing({ 'messaging.destination.name': 'rooms', 'kittiwake.rooms': trigger.rooms.length }),
    );
    const send = (): Promise<Relayed> => this.send(trigger, source, idempotencyKey);
    return span ? span.during(send) : send();
  }

  private async send(
    trigger: Trigger,
    source: PublicationSource,
    idempotencyKey: string | undefined,
  ): Promise<Relayed> {
    if (!this.relay.isKept) return this.relay.publish(trigger, source);
    const key = idempotencyKeyOf(trigger, idempotencyKey, TriggerError);
    if (this.stream.log) return this.add(trigger, source, key);
    return this.relay.publish(trigger, source, key);
  }

  /** Sends a trigger to those of this node only: the others have it already. */
  deliver(trigger: Trigger, source: PublicationSource): void {
    this.relay.deliver(trigger, source);
  }

  /**
   * Takes a trigger that came to this node alone.
   * @param messageId makes a repeat harmless, if it can be a key; so does the key in the trigger.
   * @returns what sends it to those of all nodes, and settles once it is kept; it may be tried again.
   * @throws {TriggerError} when its key cannot be one.
   */
  keeping(trigger: Trigger, source: PublicationSource, messageId: unknown): () => Promise<void> {
    const own = idempotencyKeyOf(trigger, undefined, TriggerError);
    const key = own ?? (isIdempotencyKey(messageId) ? messageId : undefined);
    return () => this.relay.keep(trigger, source, key);
  }

  private add(trigger: Trigger, source: PublicationSource, key: string | undefined): Promise<Relayed> {
    if (key !== undefined) throw new TriggerError(NO_KEYS);
    return this.stream.publish(trigger, source);
  }
}
