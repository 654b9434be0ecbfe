import { MemoryBroker } from '../../src/broker/memory.broker.js';
import { PairedBroker } from '../../src/broker/paired.broker.js';
import { RedisBroker } from '../../src/broker/redis/redis.broker.js';
import { WorkersBroker } from '../../src/broker/workers.broker.js';
import { WorkersRelay } from '../../src/broker/workers.relay.js';
import { ShardedRedisBroker } from '../../src/broker/redis/sharded/sharded-redis.broker.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { RedisServer } from '../support/redis-server.js';
import { brokerContract } from './broker.contract.js';
import { redisSettings } from './redis-settings.js';

brokerContract('memory', async () => ({
  broker: () => new MemoryBroker(),
  isShared: false,
  end: async () => undefined,
}));

brokerContract('redis', async () => {
  const server = await RedisServer.start();
  return {
    broker: () => new RedisBroker(redisSettings(server)),
    isShared: true,
    end: () => server.stop(),
  };
});

brokerContract('sharded redis', async () => {
  const cluster = await RedisCluster.start({ nodeTimeoutMs: 10_000 });
  const settings = { clusterNodes: cluster.addresses, prefix: 'test:', partitions: 8 };
  return {
    broker: () => new ShardedRedisBroker({ ...redisSettings({ url: 'redis://x' }), ...settings }),
    isShared: true,
    end: () => cluster.stop(),
  };
});

brokerContract('paired', async () => {
  const servers = await Promise.all([RedisServer.start(), RedisServer.start()]);
  const [main, alternate] = servers.map((server) => redisSettings(server, { prefix: 'test:' }));
  return {
    broker: () => new PairedBroker(new RedisBroker(main!), new RedisBroker(alternate!)),
    isShared: true,
    end: async () => void (await Promise.all(servers.map((server) => server.stop()))),
  };
});

brokerContract('workers', async () => {
  const relay = await WorkersRelay.start();
  return {
    broker: () => new WorkersBroker(relay.path),
    isShared: true,
    hasWills: true,
    end: () => relay.stop(),
  };
});
