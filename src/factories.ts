import { Logger } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import type { Broker } from './broker/broker.js';
import { MemoryBroker } from './broker/memory.broker.js';
import { PairedBroker } from './broker/paired.broker.js';
import { RedisBroker } from './broker/redis.broker.js';
import { WorkersBroker } from './broker/workers.broker.js';
import { HttpCaller } from './callbacks/http.caller.js';
import type { LimitsSettings } from './config/limits.settings.js';
import type { ProceduresSettings } from './config/procedures.settings.js';
import { ShardedRedisBroker } from './broker/sharded-redis.broker.js';
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
import { RPC_ENDPOINT } from './rpc/rpc.gateway.js';
import { TOKEN_PATH } from './rpc/token-of.js';
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
    accepting: { maxPerTick: limits.acceptsPerTick, maxWaiting: limits.acceptQueue },
    maxEventsPerSecond: limits.eventsPerSecond,
    admissionDeadlineMs: auth.deadlineMs,
    idleMs: limits.idleMs,
    handshakeTimeoutMs: limits.handshakeTimeoutMs,
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
export function endpoints({ topics, rooms, procedures, limits }: Settings): Endpoints {
  return new Endpoints(
    new Map([
      [TOPICS_ENDPOINT, new Endpoint(topics.path, [KITTIWAKE_V1])],
      [ROOMS_ENDPOINT, new Endpoint(rooms?.path, [KITTIWAKE_V1])],
      [RPC_ENDPOINT, rpcEndpoint(procedures, limits)],
    ]),
  );
}

/** Results are as large as their limit allows, and have the marker of the call with them. */
function rpcEndpoint(procedures: ProceduresSettings | undefined, { outboxBytes }: LimitsSettings): Endpoint {
  const { resultBytes = 0, frameBytes = 0, path } = procedures ?? {};
  return new Endpoint(path, [KITTIWAKE_V1], {
    below: TOKEN_PATH,
    maxFrameBytes: frameBytes,
    maxOutboxBytes: outboxBytes + resultBytes + frameBytes,
  });
}

/** How the app is asked. What goes on for long, as calls of procedures may, has connections of its own. */
export function caller({ callbacks, procedures }: Settings): HttpCaller {
  const streamConnections = procedures?.remoteConnections;
  return new HttpCaller(Object.assign({ streamConnections }, callbacks));
}

/** What triggers are wrapped in on their way to other nodes. */
const WRAPPING_BYTES = 1024;

/**
 * The broker that is configured. What may be published may be carried.
 * @param relay between the worker processes of this machine, if there are several.
 */
export function broker(
  { broker: { kind, redis, redisAlt }, publish }: Settings,
  metrics: Metrics,
  relay?: string,
): Broker {
  if (kind === 'memory') return relay === undefined ? new MemoryBroker() : new WorkersBroker(relay);
  const dropped = (reason: string): void => metrics.dropped(reason);
  const broker = (settings: RedisSettings): Broker => {
    const maxMessageBytes = publish.maxBodyBytes + WRAPPING_BYTES;
    const carried = Object.assign(new RedisSettings(), settings, { maxMessageBytes });
    return settings.partitions > 0
      ? new ShardedRedisBroker(carried, dropped)
      : new RedisBroker(carried, dropped);
  };
  return redisAlt ? new PairedBroker(broker(redis), broker(redisAlt)) : broker(redis);
}
