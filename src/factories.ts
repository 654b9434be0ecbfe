import type { FactoryProvider, InjectionToken, Type } from '@nestjs/common';
import type { Broker } from './broker/broker.js';
import { MemoryBroker } from './broker/memory.broker.js';
import { WorkersBroker } from './broker/workers.broker.js';
import { HttpCaller } from './callbacks/http/http.caller.js';
import { absent } from './config/configured.js';
import type { LimitsSettings } from './config/sections/limits.settings.js';
import { RedisSettings } from './config/sections/broker/redis.settings.js';
import { RoomsSettings } from './config/sections/rooms/rooms.settings.js';
import type { Settings } from './config/settings.js';
import type { ConnectionSettings } from './connection/connection.settings.js';
import { Endpoint, type EndpointRules, type Gateway } from './connection/endpoint.js';
import { Endpoints } from './connection/endpoints.js';
import type { EventRateLimit } from './connection/event-rate.js';
import type { Metrics } from './metrics/metrics.js';
import { InputBounds } from './protocol/json/bounds.js';
import { KITTIWAKE_V1 } from './protocol/sub-protocol.js';
import type { RoomsGateway } from './rooms/rooms.gateway.js';
import type { RpcGateway } from './rpc/websocket/rpc.gateway.js';
import { TOKEN_PATH } from './rpc/token-of.js';
import { topicsHello } from './topics/topics-hello.js';
import type { TopicsGateway } from './topics/topics.gateway.js';

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
    ipv6PrefixBits: limits.ipv6Prefix,
    maxFrameBytes: limits.frameBytes,
    maxInboxBytes: limits.inboxBytes,
    maxOutboxBytes: limits.outboxBytes,
    deflateThresholdBytes: compression.enabled ? compression.thresholdBytes : undefined,
    maxInflationRatio: compression.maxRatio,
    maxConnections: limits.connections,
    maxConnectionsPerAddress: limits.connectionsPerAddress,
    accepting: { maxPerTick: limits.acceptsPerTick, maxWaiting: limits.acceptQueue },
    eventRate: eventRate(limits),
    admissionDeadlineMs: auth.deadlineMs,
    idleMs: limits.idleMs,
    handshakeTimeoutMs: limits.handshakeTimeoutMs,
    closeTimeoutMs: limits.closeTimeoutMs,
    pingIntervalMs: ping.intervalMs,
    pingTimeoutMs: ping.timeoutMs,
  };
}

/** What may come at once where the number of subscriptions has no limit. */
const UNLIMITED_BURST = 10_000;

/** A client that comes back subscribes to all it had: the limits must agree with each other. */
function eventRate({ eventsPerSecond, eventBurst, subscriptionsPerSession }: LimitsSettings): EventRateLimit {
  return { perSecond: eventsPerSecond, burst: eventBurst ?? (subscriptionsPerSession || UNLIMITED_BURST) };
}

/** The settings of rooms, also where there are none. */
export function roomsSettings({ rooms }: Settings): RoomsSettings {
  return rooms ?? absent(RoomsSettings);
}

/** What JSON and MessagePack may have, whoever sends it. */
export function inputBounds({ limits }: Settings): InputBounds {
  return new InputBounds(limits.inputParts);
}

/**
 * A gateway of ours, whose dependencies are classes, as a provider that a factory makes. Nest looks for gateways among the
 * providers whose class it is given, and has the WebSocket adapter of the app serve them; that is for the app's own.
 */
export function gateway<Made extends Gateway>(type: Type<Made>): FactoryProvider<Made> {
  const inject = Reflect.getMetadata('design:paramtypes', type) as InjectionToken[];
  return { provide: type, inject, useFactory: (...parts: unknown[]) => new type(...parts) };
}

/** Where clients connect. */
export function endpoints(
  settings: Settings,
  topicsGateway: TopicsGateway,
  roomsGateway: RoomsGateway,
  rpcGateway: RpcGateway,
): Endpoints {
  const { topics, rooms } = settings;
  const hello = topicsHello(settings);
  const bounds = inputBounds(settings);
  const greeting = (connectionId: string): string => hello.textFor(connectionId);
  return new Endpoints([
    new Endpoint(topics.path, [KITTIWAKE_V1], topicsGateway, { greeting, bounds }),
    new Endpoint(rooms?.path, [KITTIWAKE_V1], roomsGateway, { idleMs: rooms?.idleMs, bounds }),
    new Endpoint(settings.procedures?.path, [KITTIWAKE_V1], rpcGateway, { ...rpcRules(settings), bounds }),
  ]);
}

/** Results are as large as their limit allows, and have the marker of the call with them. */
function rpcRules({ procedures, limits }: Settings): EndpointRules {
  const { resultBytes = 0, frameBytes = 0 } = procedures ?? {};
  return {
    below: TOKEN_PATH,
    maxFrameBytes: frameBytes,
    maxOutboxBytes: limits.outboxBytes + resultBytes + frameBytes,
  };
}

/** How the app is asked. What goes on for long, as calls of procedures may, has connections of its own. */
export function caller({ callbacks, procedures }: Settings, metrics: Metrics): HttpCaller {
  const streamConnections = procedures?.remoteConnections;
  const caller = new HttpCaller(Object.assign({ streamConnections }, callbacks));
  metrics.countCallbacksWaiting(() => {
    const { count, sinceMs } = caller.waiting;
    return { length: count, seconds: sinceMs === undefined ? 0 : (performance.now() - sinceMs) / 1000 };
  });
  return caller;
}

/** What triggers are wrapped in on their way to other nodes. */
const WRAPPING_BYTES = 1024;
const WRAPPING_MEMBERS = 3;

/**
 * The broker that is configured; Redis' client is loaded only for it. What may be published may be carried.
 * @param relay between the worker processes of this machine, if there are several.
 */
export async function broker(settings: Settings, metrics: Metrics, relay?: string): Promise<Broker> {
  const { kind, redis, redisAlt } = settings.broker;
  if (kind === 'memory') return relay === undefined ? new MemoryBroker() : new WorkersBroker(relay);
  const make = await redisBrokers(settings, metrics);
  if (!redisAlt) return make(redis);
  const { PairedBroker } = await import('./broker/paired.broker.js');
  return new PairedBroker(make(redis), make(redisAlt));
}

async function redisBrokers(all: Settings, metrics: Metrics): Promise<(settings: RedisSettings) => Broker> {
  const { RedisBroker } = await import('./broker/redis/redis.broker.js');
  const { ShardedRedisBroker } = await import('./broker/redis/sharded/sharded-redis.broker.js');
  const dropped = (reason: string): void => metrics.dropped(reason);
  const maxMessageBytes = all.publish.maxBodyBytes + WRAPPING_BYTES;
  const bounds = inputBounds(all).wrappedIn(WRAPPING_MEMBERS);
  return (settings) => {
    const carried = Object.assign(new RedisSettings(), settings, { maxMessageBytes, bounds });
    return settings.partitions > 0
      ? new ShardedRedisBroker(carried, dropped)
      : new RedisBroker(carried, dropped);
  };
}
