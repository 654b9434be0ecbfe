import { MemoryBroker } from '../../src/broker/memory.broker.js';
import { PairedBroker } from '../../src/broker/paired.broker.js';
import { RedisBroker } from '../../src/broker/redis/redis.broker.js';
import { ShardedRedisBroker } from '../../src/broker/redis/sharded/sharded-redis.broker.js';
import { WorkersBroker } from '../../src/broker/workers/workers.broker.js';
import { WorkersRelay } from '../../src/broker/workers/workers.relay.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { RedisServer } from '../support/redis-server.js';
import type { BrokerWorld } from './broker.contract.js';
import { redisSettings } from './redis-settings.js';

/** What each kind of broker needs around it, by its name. */
export const BROKER_WORLDS = {
  memory: async () => ({
    broker: () => new MemoryBroker(),
    isShared: false,
    end: async () => undefined,
  }),

  workers: async () => {
    const relay = await WorkersRelay.start();
    return {
      broker: () => new WorkersBroker(relay.path),
      isShared: true,
      hasWills: true,
      end: () => relay.stop(),
    };
  },

  redis: async () => {
    const server = await RedisServer.start();
    return {
      broker: () => new RedisBroker(redisSettings(server, { prefix: 'test:' })),
      isShared: true,
      end: () => server.stop(),
    };
  },

  paired: async () => {
    const server = await RedisServer.start();
    const [main, alternate] = ['main:', 'alt:'].map((prefix) => redisSettings(server, { prefix }));
    return {
      broker: () => new PairedBroker(new RedisBroker(main!), new RedisBroker(alternate!)),
      isShared: true,
      end: () => server.stop(),
    };
  },

  'sharded redis': async () => {
    const cluster = await RedisCluster.start({ nodeTimeoutMs: 10_000 });
    const settings = { clusterNodes: cluster.addresses, prefix: 'test:', partitions: 8 };
    return {
      broker: () => new ShardedRedisBroker({ ...redisSettings({ url: 'redis://x' }), ...settings }),
      isShared: true,
      end: () => cluster.stop(),
    };
  },
} satisfies Readonly<Record<string, () => Promise<BrokerWorld>>>;
