import { PairedBroker } from '../../src/broker/paired.broker.js';
import { RedisBroker } from '../../src/broker/redis/redis.broker.js';
import { RedisServer } from '../support/redis-server.js';
import { BROKER_WORLDS } from './broker-worlds.js';
import { brokerContract, type BrokerWorld } from './broker.contract.js';
import { redisSettings } from './redis-settings.js';

const worlds: Readonly<Record<string, () => Promise<BrokerWorld>>> = {
  ...BROKER_WORLDS,

  // Without a prefix, as by default.
  redis: async () => {
    const server = await RedisServer.start();
    return {
      broker: () => new RedisBroker(redisSettings(server)),
      isShared: true,
      end: () => server.stop(),
    };
  },

  // Two servers, told apart by nothing else.
  paired: async () => {
    const servers = await Promise.all([RedisServer.start(), RedisServer.start()]);
    const [main, alternate] = servers.map((server) => redisSettings(server, { prefix: 'test:' }));
    return {
      broker: () => new PairedBroker(new RedisBroker(main!), new RedisBroker(alternate!)),
      isShared: true,
      end: async () => void (await Promise.all(servers.map((server) => server.stop()))),
    };
  },
};

for (const [name, enter] of Object.entries(worlds)) brokerContract(name, enter);
