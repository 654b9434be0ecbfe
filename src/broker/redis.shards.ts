import { BrokerError, faultText } from './broker.error.js';
import { RedisClusterMap } from './redis.cluster-map.js';
import { RedisClusterView } from './redis.cluster-view.js';
import { connectionOptions, destroyClient, openClient } from './redis.connection.js';
import { RedisShard, type RedisShardListener } from './redis.shard.js';
import { describeRedis, formatAddress, serverAddresses, type RedisBrokerSettings } from './redis.settings.js';
import { within } from './within.js';

/** The primaries of a Cluster that this node is connected to. */
export class RedisShards {
  private readonly shards = new Map<string, RedisShard>();
  /** Whom to ask for the map; those that were configured may have been replaced meanwhile. */
  private servers: readonly string[];

  constructor(
    private readonly settings: RedisBrokerSettings,
    private readonly listener: RedisShardListener,
  ) {
    this.servers = serverAddresses(settings).map(formatAddress);
  }

  /**
   * Asks the servers in turn, in a random order, until one knows.
   * @throws {BrokerError} when none does within `connectTimeoutMs`.
   */
  async map(signal: AbortSignal): Promise<RedisClusterMap> {
    const faults: string[] = [];
    const ways = await connectionOptions({ ...this.settings, clusterNodes: this.servers });
    const deadline = performance.now() + this.settings.connectTimeoutMs;
    for (const [index, options] of ways.entries()) {
      const timeoutMs = Math.ceil((deadline - performance.now()) / (ways.length - index));
      try {
        const map = await within(timeoutMs, signal, (ending) => askForMap(options, ending));
        const configured = serverAddresses(this.settings).map(formatAddress);
        this.servers = [...new Set([...configured, ...map.servers])];
        return map;
      } catch (error) {
        faults.push(faultText(error));
      }
    }
    throw new BrokerError(`${describeRedis(this.settings)} cannot be reached: ${faults.join('; ')}`);
  }

  /** The shard at an address, connected to if need be. @throws {BrokerError} when it cannot be. */
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

async function askForMap(
  options: Awaited<ReturnType<typeof connectionOptions>>[number],
  signal: AbortSignal,
): Promise<RedisClusterMap> {
  const client = await openClient(options, signal);
  const abort = (): void => destroyClient(client);
  signal.addEventListener('abort', abort);
  try {
    if (RedisClusterView.read(String(await client.cluster('NODES'))).isCutOff) {
      throw new BrokerError('the server is cut off from the Cluster');
    }
    return RedisClusterMap.read(await client.cluster('SLOTS'), options.host ?? '');
  } finally {
    signal.removeEventListener('abort', abort);
    destroyClient(client);
  }
}
