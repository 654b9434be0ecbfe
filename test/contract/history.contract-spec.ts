import { MemoryBroker } from '../../src/broker/memory.broker.js';
import { RedisBroker } from '../../src/broker/redis/redis.broker.js';
import { WorkersBroker } from '../../src/broker/workers.broker.js';
import { WorkersRelay } from '../../src/broker/workers.relay.js';
import { RedisServer } from '../support/redis-server.js';
import { historyContract } from './history.contract.js';
import { redisSettings } from './redis-settings.js';

historyContract('memory', async () => ({
  broker: () => new MemoryBroker(),
  isShared: false,
  end: async () => undefined,
}));

historyContract('workers', async () => {
  const relay = await WorkersRelay.start();
  return {
    broker: () => new WorkersBroker(relay.path),
    isShared: true,
    end: () => relay.stop(),
  };
});

historyContract('redis', async () => {
  const server = await RedisServer.start();
  return {
    broker: () => new RedisBroker(redisSettings(server, { prefix: 'test:' })),
    isShared: true,
    end: () => server.stop(),
  };
});
