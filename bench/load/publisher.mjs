import { HttpPublisher } from './http.publisher.mjs';
import { RabbitMqPublisher } from './rabbitmq.publisher.mjs';
import { RedisPublisher } from './redis.publisher.mjs';

const PUBLISHERS = { http: HttpPublisher, redis: RedisPublisher, rabbitmq: RabbitMqPublisher };

/**
 * What publishes: `open()`, `publish(topic, sequence, dataBytes)`, `flush()` to send what was collected, `canPublish`,
 * `isIdle` when all is acknowledged, and `close()`.
 */
export function publisherOf({ way = 'http', ...options }) {
  return new PUBLISHERS[way](options);
}
