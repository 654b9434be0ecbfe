import type { Channel, ChannelModel } from 'amqplib';
import type { RabbitMqQueue } from './queue.js';

/** A connection with its queue, as who takes from it needs it. */
export interface ConsumerOwner {
  readonly connection: ChannelModel;
  readonly channel: Channel;
  readonly queue: RabbitMqQueue;
  /** Ends the connection; another one is opened in its place. */
  giveUp(reason: string): void;
}

/** Takes what a queue has, in the way of its mode. One for each connection. */
export interface QueueConsumer {
  /** Everything that is in the queue is taken from when this resolves. @throws what RabbitMQ says. */
  start(): Promise<void>;
  /** The connection has ended. */
  stop(): void;
}
