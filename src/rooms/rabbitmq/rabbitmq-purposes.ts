import { Injectable } from '@nestjs/common';
import type { ConsumeMessage } from 'amqplib';
import { RoomsSettings } from '../../config/sections/rooms/rooms.settings.js';
import { RoomPublisher } from '../room-publisher.js';
import { StreamConsumer } from '../stream/stream-consumer.js';
import { TriggerStream } from '../stream/trigger-stream.js';
import type { KeepMessage } from './keeping.js';
import type { LinkPurpose } from './link.js';
import { MessageConsumer } from './message-consumer.js';
import { queueOf } from './queue.js';
import { RabbitMqInput } from './rabbitmq-input.js';

/** The purposes of connections to RabbitMQ, as the mode has it. */
@Injectable()
export class RabbitMqPurposes {
  constructor(
    private readonly settings: RoomsSettings,
    private readonly input: RabbitMqInput,
    private readonly publisher: RoomPublisher,
    private readonly stream: TriggerStream,
  ) {}

  /** That of the next connection. */
  next(): LinkPurpose {
    const queue = queueOf(this.settings);
    if (this.settings.rabbitmq?.mode === 'stream')
      return { queue, consumerOf: (owner) => new StreamConsumer(owner, this.stream) };
    return { queue, consumerOf: (owner) => new MessageConsumer(owner, (message) => this.take(message)) };
  }

  private take({ content, properties }: ConsumeMessage): KeepMessage | undefined {
    const { publisher } = this;
    return this.input.take(content, (trigger) => {
      if (this.settings.history) return publisher.keeping(trigger, 'rabbitmq', properties.messageId);
      publisher.deliver(trigger, 'rabbitmq');
      return undefined;
    });
  }
}
