import { MemoryBroker } from '../../src/broker/memory.broker.js';
import { WorkersBroker } from '../../src/broker/workers.broker.js';
import { WorkersRelay } from '../../src/broker/workers.relay.js';
import { historyContract } from './history.contract.js';

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
