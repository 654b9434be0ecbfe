import { Injectable } from '@nestjs/common';
import { objectText, toJsonText, type JsonText } from './protocol/json.js';
import { TopicPublisher } from './topics/topic-publisher.js';

/** How a publication is to be delivered. */
export interface PublishOptions {
  /** Subscribers get publications of ascending order only; what comes late is dropped. */
  readonly order?: number | bigint;
  /** Orders are compared among publications of the same key. */
  readonly orderKey?: string | number;
  /** At most one delivery per this many seconds to each subscriber; the last one always arrives. */
  readonly throttle?: number;
  /** Throttling counts publications of the same key. */
  readonly throttleKey?: string | number;
  /** When it was published; told to subscribers. */
  readonly publishedAt?: Date;
  /** Values of filter fields: only subscriptions that have the same get the publication. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Kittiwake in process: inject it into any provider to push to clients. */
@Injectable()
export class Kittiwake {
  constructor(private readonly topics: TopicPublisher) {}

  /**
   * Publishes data to the subscribers of a topic, `service.name`, on every node.
   * @throws {PublicationError} when the topic is not one of a configured service.
   * @throws {TypeError} when the data cannot be JSON.
   * @throws when the broker could not take it.
   */
  async publish(topic: string, data: unknown, options: PublishOptions = {}): Promise<void> {
    const members = new Map<string, JsonText>();
    for (const [name, value] of Object.entries(options.fields ?? {})) members.set(name, toJsonText(value));
    members.set('subscription', toJsonText(topic));
    members.set('data', toJsonText(data));
    if (options.publishedAt) members.set('published_at', toJsonText(options.publishedAt.toISOString()));
    members.set('options', deliveryOptions(options));
    await this.topics.publish(objectText(members), 'process');
  }
}

function deliveryOptions({ order, orderKey, throttle, throttleKey }: PublishOptions): JsonText {
  const members = new Map<string, JsonText>();
  if (order !== undefined) members.set('order', String(order) as JsonText);
  if (orderKey !== undefined) members.set('order_key', toJsonText(orderKey));
  if (throttle !== undefined) members.set('throttle', toJsonText(throttle));
  if (throttleKey !== undefined) members.set('throttle_key', toJsonText(throttleKey));
  return objectText(members);
}
