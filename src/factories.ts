import { Logger } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import type { Broker } from './broker/broker.js';
import { MemoryBroker } from './broker/memory.broker.js';
import { PairedBroker } from './broker/paired.broker.js';
import { RedisBroker } from './broker/redis.broker.js';
import { PublishSettings } from './config/publish.settings.js';
import { RedisSettings } from './config/redis.settings.js';
import { RoomsSettings } from './config/rooms.settings.js';
import type { Settings } from './config/settings.js';
import type { ConnectionSettings } from './connection/connection.settings.js';
import { Endpoint } from './connection/endpoint.js';
import { Endpoints } from './connection/endpoints.js';
import type { Metrics } from './metrics/metrics.js';
import { KITTIWAKE_V1 } from './protocol/sub-protocol.js';
import { ROOMS_ENDPOINT } from './rooms/rooms.gateway.js';
import { TOPICS_ENDPOINT } from './topics/topics.gateway.js';

/** What the floor of connections needs of the settings. */
export function connectionSettings({
  origins,
  server,
  limits,
  compression,
  auth,
  ping,
}: Settings): ConnectionSettings {
  return {
    origins,
    trustProxy: server.trustProxy,
    maxFrameBytes: limits.frameBytes,
    maxInboxBytes: limits.inboxBytes,
    maxOutboxBytes: limits.outboxBytes,
    deflateThresholdBytes: compression.enabled ? compression.thresholdBytes : undefined,
    maxConnections: limits.connections,
    maxConnectionsPerAddress: limits.connectionsPerAddress,
    maxEventsPerSecond: limits.eventsPerSecond,
    admissionDeadlineMs: auth.deadlineMs,
    idleMs: limits.idleMs,
    pingIntervalMs: ping.intervalMs,
    pingTimeoutMs: ping.timeoutMs,
  };
}

/** The settings of publishing; without an API key, one is made and told. */
export function publishSettings({ publish }: Settings): PublishSettings {
  if (publish.apiKeys.length > 0 || !publish.enabled) return publish;
  const apiKey = randomBytes(24).toString('base64url');
  new Logger('Kittiwake').warn(
    `No API key is configured (publish.apiKeys). Until the next start it is ${apiKey}`,
  );
  return Object.assign(new PublishSettings(), publish, { apiKeys: [apiKey] });
}

/** The settings of rooms, also where there are none. */
export function roomsSettings({ rooms }: Settings): RoomsSettings {
  return rooms ?? new RoomsSettings();
}

/** Where clients connect. */
export function endpoints({ topics, rooms }: Settings): Endpoints {
  return new Endpoints(
    new Map([
      [TOPICS_ENDPOINT, new Endpoint(topics.path, [KITTIWAKE_V1])],
      [ROOMS_ENDPOINT, new Endpoint(rooms?.path, [KITTIWAKE_V1])],
    ]),
  );
}

/** What triggers are wrapped in on their way to other nodes. */
const WRAPPING_BYTES = 1024;

/** The broker that is configured. What may be published may be carried. */
export function broker({ broker: { kind, redis, redisAlt }, publish }: Settings, metrics: Metrics): Broker {
  if (kind === 'memory') return new MemoryBroker();
  const dropped = (reason: string): void => metrics.dropped(reason);
  const broker = (settings: RedisSettings): RedisBroker =>
    new RedisBroker(
      Object.assign(new RedisSettings(), settings, {
        maxMessageBytes: publish.maxBodyBytes + WRAPPING_BYTES,
      }),
      dropped,
    );
  return redisAlt ? new PairedBroker(broker(redis), broker(redisAlt)) : broker(redis);
}
