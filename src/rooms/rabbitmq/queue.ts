import type { Options } from 'amqplib';
import { randomUUID } from 'node:crypto';
import type { RabbitMqSettings } from '../../config/sections/rooms/rabbitmq.settings.js';
import type { RoomsSettings } from '../../config/sections/rooms/rooms.settings.js';

/** The exchange and the queue of a node, as its mode has them. */
export interface RabbitMqQueue {
  readonly exchange: string;
  readonly isExchangeDurable: boolean;
  readonly name: string;
  readonly options: Options.AssertQueue;
  /** Whether one that is there stays as it is, whatever its options. */
  readonly isTakenAsIs: boolean;
  /** The queue with which a node finds out that the bindings of the exchange are gone. */
  readonly probe: string;
  /** The number of messages that may wait for their acknowledgement; nothing where none is needed. */
  readonly prefetch: number | undefined;
}

/** Messages on their way into the history. */
const PREFETCH = 200;
/** A stream loses what is old by whole segments of its files. */
const SEGMENT_BYTES = 16 * 1024 * 1024;

/** Each time another one, where it is of this node alone. */
export function queueOf({ rabbitmq, history }: RoomsSettings): RabbitMqQueue {
  const { mode, queue, exchange, exchangeDurable } = rabbitmq!;
  if (mode === 'exclusive') return exclusiveQueue(rabbitmq!);
  const ofAllNodes = { exchange: exchange ?? 'kittiwake', isExchangeDurable: exchangeDurable ?? true };
  if (mode === 'stream') return { ...ofAllNodes, ...streamQueue(queue, history!.ttlMs) };
  const name = queue ?? 'kittiwake_rooms';
  const options = { durable: true, arguments: { 'x-single-active-consumer': true } };
  return { ...ofAllNodes, name, options, isTakenAsIs: false, probe: name, prefetch: PREFETCH };
}

function exclusiveQueue({ exchange, exchangeDurable }: RabbitMqSettings): RabbitMqQueue {
  const name = `hightemplar_${randomUUID()}`;
  return {
    exchange: exchange ?? 'hightemplar',
    isExchangeDurable: exchangeDurable ?? false,
    name,
    options: { exclusive: true, durable: false, autoDelete: true },
    isTakenAsIs: false,
    probe: name,
    prefetch: undefined,
  };
}

/** A queue that is a stream. Probes of the binding would stay in it: they go to a queue beside it. */
function streamQueue(
  name = 'kittiwake_rooms_stream',
  ttlMs: number,
): Omit<RabbitMqQueue, 'exchange' | 'isExchangeDurable'> {
  const options = {
    durable: true,
    arguments: {
      'x-queue-type': 'stream',
      'x-max-age': `${Math.ceil(ttlMs / 1000)}s`,
      'x-stream-max-segment-size-bytes': SEGMENT_BYTES,
    },
  };
  return { name, options, isTakenAsIs: true, probe: `${name}_${randomUUID()}`, prefetch: undefined };
}
