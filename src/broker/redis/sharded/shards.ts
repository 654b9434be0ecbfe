import type { RedisOptions } from 'ioredis';
import type { RedisSettings } from '../../../config/sections/broker/redis.settings.js';
import { BrokerError } from '../../broker.error.js';
import { destroyClient, guarded, openClient } from '../link/connection.js';
import { atNodes, formatPlace, serverPlaces } from '../link/places.js';
import { firstWay } from '../link/ways.js';
import { RedisClusterMap } from './cluster-map.js';
import { RedisClusterView } from './cluster-view.js';
import { RedisShard, type RedisShardListener } from './shard.js';

/** The primaries of a Cluster that this node is connected to. */
export class RedisShards {
  private readonly shards = new Map<string, RedisShard>();
  /** The servers to ask for the map: the configured ones, and those of the last map, which may have replaced them. */
  private servers: readonly string[];

  constructor(
    private readonly settings: RedisSettings,
    private readonly listener: RedisShardListener,
  ) {
    this.servers = serverPlaces(settings).map(formatPlace);
  }

  /**
   * Asks the servers in turn, in a random order, until one knows.
   * @throws {BrokerError} when none does within `connectTimeoutMs`.
   */
  async map(signal: AbortSignal): Promise<RedisClusterMap> {
    const map = await firstWay(atNodes(this.settings, this.servers), signal, askForMap);
    const configured = serverPlaces(this.settings).map(formatPlace);
    this.servers = [...new Set([...configured, ...map.servers])];
    return map;
  }

  /** The shard at an address; connects to it if need be. @throws {BrokerError} when that fails. */
  async at(address: string, signal: AbortSignal): Promise<RedisShard> {
    const earlier = this.shards.get(address);
    if (earlier && !earlier.isClosed) return earlier;
    const shard = await RedisShard.open(address, this.settings, this.listener, signal);
    this.shards.set(address, shard);
    // It may have been opened while the broker was stopped.
    if (signal.aborted) await shard.close();
    return shard;
  }

  async close(): Promise<void> {
    await Promise.all([...this.shards.values()].map((shard) => shard.close()));
  }
}

async function askForMap(options: RedisOptions, signal: AbortSignal): Promise<RedisClusterMap> {
  const client = await openClient(options, signal);
  return guarded(client, signal, async () => {
    if (RedisClusterView.read(String(await client.cluster('NODES'))).isCutOff) {
      throw new BrokerError('the server is cut off from the Cluster');
    }
    return RedisClusterMap.read(await client.cluster('SLOTS'), options.host ?? '');
  }).finally(() => destroyClient(client));
}
