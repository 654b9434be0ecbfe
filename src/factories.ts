import type { FactoryProvider, InjectionToken, Type } from '@nestjs/common';
import { BROKER, type Broker } from './broker/broker.js';
import { MemoryBroker } from './broker/memory.broker.js';
import { WorkersBroker } from './broker/workers/workers.broker.js';
import { PeersSeatStore } from './clients/limits/peers.seat-store.js';
import { SEAT_STORE, type SeatStore } from './clients/limits/seat-store.js';
import { SeatTable } from './clients/limits/seat-table.js';
import { PeersRevocationStore } from './clients/revocation/peers.revocation-store.js';
import { RevocationList } from './clients/revocation/revocation-list.js';
import { REVOCATION_STORE, type RevocationStore } from './clients/revocation/revocation-store.js';
import { Cluster } from './cluster/cluster.js';
import { ledgerPlace } from './config/ledger-place.js';
import { BrokerSettings } from './config/sections/broker/broker.settings.js';
import type { RedisSettings } from './config/sections/broker/redis.settings.js';
import { LimitsSettings } from './config/sections/limits.settings.js';
import { PublishSettings } from './config/sections/publish.settings.js';
import { streamPathOf } from './config/sections/topics.settings.js';
import { Settings } from './config/settings.js';
import { CONNECTION_SETTINGS, type ConnectionSettings } from './connection/connection.settings.js';
import { Endpoint, type Gateway, type GuestGateway } from './connection/endpoint/endpoint.js';
import { Endpoints } from './connection/endpoint/endpoints.js';
import type { EventRateLimit } from './connection/event-rate.js';
import { Handshakes } from './connection/handshakes.js';
import { LEASE_SETTINGS, type LeaseSettings } from './leases/lease.settings.js';
import { LEDGER, type Ledger } from './leases/ledger.js';
import { Metrics } from './metrics/metrics.js';
import { InputBounds } from './protocol/json/bounds.js';
import { KITTIWAKE_V1 } from './protocol/sub-protocol.js';
import { JoiningGateway } from './rooms/joining/joining.gateway.js';
import { RoomsGateway } from './rooms/rooms.gateway.js';
import { TOKEN_PATH } from './rpc/token-of.js';
import { RpcGateway } from './rpc/websocket/rpc.gateway.js';
import { TopicsHello } from './topics/topics-hello.js';
import { TopicsGateway } from './topics/topics.gateway.js';

/** The settings that the floor of connections needs. */
function connectionSettings({
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
    maxKeptBytes: limits.keptBytes,
    deflateThresholdBytes: compression.enabled ? compression.thresholdBytes : undefined,
    maxInflationRatio: compression.maxRatio,
    maxConnections: limits.connections,
    maxConnectionsPerAddress: limits.connectionsPerAddress,
    dryRun: limits.dryRun,
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

/** The default burst of events where the number of subscriptions has no limit. */
const UNLIMITED_BURST = 10_000;

/** The burst defaults to the most subscriptions: a client that reconnects subscribes to all that it had at once. */
function eventRate({ eventsPerSecond, eventBurst, subscriptionsPerSession }: LimitsSettings): EventRateLimit {
  return { perSecond: eventsPerSecond, burst: eventBurst ?? (subscriptionsPerSession || UNLIMITED_BURST) };
}

/** The settings that the floor of leases needs. */
function leaseSettings({ ledger, callbacks, shutdown }: Settings): LeaseSettings {
  const { leaseMs, beatMs, rate } = ledger;
  return { leaseMs, beatMs, rate, endTimeoutMs: callbacks.endTimeoutMs, spreadMs: shutdown.spreadMs };
}

/** The configured ledger, if there is one. */
async function ledger(settings: Settings, { slots }: Broker): Promise<Ledger | undefined> {
  const place = ledgerPlace(settings);
  if (place.kind === 'file') {
    const { FileLedger } = await import('./leases/file/file.ledger.js');
    return new FileLedger(place.folder);
  }
  if (place.kind === 'none' || !slots) return undefined;
  const { RedisLedger } = await import('./leases/redis/redis.ledger.js');
  return new RedisLedger(slots, settings.ledger.leaseMs);
}

/** The place of revocations: in the Redis of the broker, else by the nodes themselves. */
async function revocationStore(
  { auth: { maxRevocations } }: Settings,
  { slots }: Broker,
  ...peers: [Cluster, RevocationList]
): Promise<RevocationStore> {
  if (!slots) return new PeersRevocationStore(...peers, maxRevocations);
  const { RedisRevocationStore } = await import('./clients/revocation/redis.revocation-store.js');
  return new RedisRevocationStore(slots.of('revoked'), maxRevocations);
}

/** The place in which the seats of identities are counted: in the Redis of the broker, else by the nodes themselves. */
async function seatStore({ slots }: Broker, cluster: Cluster, table: SeatTable): Promise<SeatStore> {
  if (!slots) return new PeersSeatStore(cluster, table);
  const { RedisSeatStore } = await import('./clients/limits/redis.seat-store.js');
  return new RedisSeatStore(slots.of('seats'), cluster.node);
}

/** The bounds of JSON and MessagePack, whoever sends them. */
function inputBounds({ inputParts }: LimitsSettings): InputBounds {
  return new InputBounds(inputParts);
}

/**
 * A gateway of ours, whose dependencies are classes, as a provider that a factory makes. Nest looks for gateways among the
 * providers whose class it is given, and has the WebSocket adapter of the app serve them; that is for the app's own.
 */
function gateway<Made extends Gateway | GuestGateway>(type: Type<Made>): FactoryProvider<Made> {
  const inject = Reflect.getMetadata('design:paramtypes', type) as InjectionToken[];
  return { provide: type, inject, useFactory: (...parts: unknown[]) => new type(...parts) };
}

/** The gateways of the domains. */
export const GATEWAYS = [
  gateway(TopicsGateway),
  gateway(RoomsGateway),
  gateway(JoiningGateway),
  gateway(RpcGateway),
];

/** Rooms are served there as well. */
function topicsEndpoint(
  { topics, rooms }: Settings,
  bounds: InputBounds,
  hello: TopicsHello,
  handshakes: Handshakes,
  ...[gateway, joining]: [TopicsGateway, JoiningGateway]
): Endpoint {
  const greeting = (connectionId: string): string => hello.textFor(connectionId);
  return new Endpoint(topics.path, [KITTIWAKE_V1], gateway, {
    name: 'topics',
    greeting,
    opened: handshakes.keep,
    bounds,
    streamPath: streamPathOf(topics),
    guest: rooms && joining,
  });
}

function roomsEndpoint(
  { rooms }: Settings,
  bounds: InputBounds,
  handshakes: Handshakes,
  gateway: RoomsGateway,
): Endpoint {
  const { path, idleMs } = rooms ?? {};
  return new Endpoint(path, [KITTIWAKE_V1], gateway, {
    name: 'rooms',
    idleMs,
    opened: handshakes.keep,
    bounds,
  });
}

/** The outbox has room for the largest result besides, and for the marker of the call that goes with it. */
function rpcEndpoint(
  { procedures, limits }: Settings,
  bounds: InputBounds,
  handshakes: Handshakes,
  gateway: RpcGateway,
): Endpoint {
  const { resultBytes = 0, frameBytes = 0, path } = procedures ?? {};
  return new Endpoint(path, [KITTIWAKE_V1], gateway, {
    name: 'procedures',
    below: TOKEN_PATH,
    opened: handshakes.keep,
    bounds,
    maxFrameBytes: frameBytes,
    maxOutboxBytes: limits.outboxBytes + resultBytes + frameBytes,
  });
}

/** The endpoint of each domain; the function that makes one is its injection token. */
const ENDPOINTS: FactoryProvider<Endpoint>[] = [
  {
    provide: topicsEndpoint,
    inject: [Settings, InputBounds, TopicsHello, Handshakes, TopicsGateway, JoiningGateway],
    useFactory: topicsEndpoint,
  },
  {
    provide: roomsEndpoint,
    inject: [Settings, InputBounds, Handshakes, RoomsGateway],
    useFactory: roomsEndpoint,
  },
  { provide: rpcEndpoint, inject: [Settings, InputBounds, Handshakes, RpcGateway], useFactory: rpcEndpoint },
];

/** Providers that are made from settings, apart from the broker. */
export const MADE_OF_SETTINGS: FactoryProvider[] = [
  { provide: CONNECTION_SETTINGS, inject: [Settings], useFactory: connectionSettings },
  { provide: LEASE_SETTINGS, inject: [Settings], useFactory: leaseSettings },
  { provide: SEAT_STORE, inject: [BROKER, Cluster, SeatTable], useFactory: seatStore },
  {
    provide: REVOCATION_STORE,
    inject: [Settings, BROKER, Cluster, RevocationList],
    useFactory: revocationStore,
  },
  { provide: LEDGER, inject: [Settings, BROKER], useFactory: ledger },
  { provide: InputBounds, inject: [LimitsSettings], useFactory: inputBounds },
  ...ENDPOINTS,
  {
    provide: Endpoints,
    inject: ENDPOINTS.map(({ provide }) => provide),
    useFactory: (...endpoints: Endpoint[]) => new Endpoints(endpoints),
  },
];

/** The size of the object that wraps a trigger on its way to other nodes: its most bytes, and its members. */
const WRAPPING_BYTES = 1024;
const WRAPPING_MEMBERS = 5;

/**
 * Provides the configured broker; the Redis client is loaded only where it is one of Redis.
 * @param relay between the worker processes of this machine, if there are several.
 */
export function brokerProvider(relay: string | undefined): FactoryProvider<Broker> {
  const inject = [BrokerSettings, PublishSettings, InputBounds, Metrics];
  const broker = async (
    { kind, redis, redisAlt }: BrokerSettings,
    ...carrying: [PublishSettings, InputBounds, Metrics]
  ): Promise<Broker> => {
    if (kind === 'memory') return relay === undefined ? new MemoryBroker() : new WorkersBroker(relay);
    const make = await redisBrokers(...carrying);
    if (!redisAlt) return make(redis);
    const { PairedBroker } = await import('./broker/paired.broker.js');
    return new PairedBroker(make(redis), make(redisAlt));
  };
  return { provide: BROKER, inject, useFactory: broker };
}

/** Loads the brokers of Redis. Their limits admit whatever may be published, with what wraps it. */
async function redisBrokers(
  { maxBodyBytes }: PublishSettings,
  inputBounds: InputBounds,
  metrics: Metrics,
): Promise<(settings: RedisSettings) => Broker> {
  const { RedisBroker } = await import('./broker/redis/redis.broker.js');
  const { ShardedRedisBroker } = await import('./broker/redis/sharded/sharded-redis.broker.js');
  const { RedisMessages } = await import('./broker/redis/messages.js');
  const limits = {
    maxBytes: maxBodyBytes + WRAPPING_BYTES,
    bounds: inputBounds.wrappedIn(WRAPPING_MEMBERS),
  };
  const onEpoch = (): void => metrics.history.epochBegan();
  return (settings) => {
    const messages = new RedisMessages(limits, (reason) => metrics.dropped(reason));
    return settings.partitions > 0
      ? new ShardedRedisBroker(settings, messages, onEpoch)
      : new RedisBroker(settings, messages, onEpoch);
  };
}
