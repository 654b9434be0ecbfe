import { MemoryBroker } from '../../src/broker/memory.broker.js';
import { historyContract } from './history.contract.js';

historyContract('memory', async () => ({
  broker: () => new MemoryBroker(),
  isShared: false,
  end: async () => undefined,
}));
