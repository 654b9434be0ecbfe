import type { Options } from 'amqplib';
import { randomUUID } from 'node:crypto';
import type { RabbitMqSettings } from '../../config/sections/rooms/rabbitmq.settings.js';

/** The exchange and the queue of a node, as its mode has them. */
export interface RabbitMqQueue {
  readonly exchange: string;
  readonly isExchangeDurable: boolean;
  readonly name: string;
  readonly options: Options.AssertQueue;
  /** How many messages may wait for their acknowledgement; nothing where none is needed. */
  readonly prefetch: number | undefined;
}

/** Messages on their way into the history. */
const PREFETCH = 200;

/** Each time another one, where it is of this node alone. */
export function queueOf({ mode, exchange, exchangeDurable, queue }: RabbitMqSettings): RabbitMqQueue {
  if (mode === 'exclusive')
    return {
      exchange: exchange ?? 'hightemplar',
      isExchangeDurable: exchangeDurable ?? false,
      name: `hightemplar_${randomUUID()}`,
      options: { exclusive: true, durable: false, autoDelete: true },
      prefetch: undefined,
    };
  return {
    exchange: exchange ?? 'kittiwake',
    isExchangeDurable: exchangeDurable ?? true,
    name: queue,
    options: { durable: true, arguments: { 'x-single-active-consumer': true } },
    prefetch: PREFETCH,
  };
}
