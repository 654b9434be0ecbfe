import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Broker } from '../../src/broker/broker.js';
import { RedisBroker } from '../../src/broker/redis/redis.broker.js';
import { ShardedRedisBroker } from '../../src/broker/redis/sharded/sharded-redis.broker.js';
import { FileLedger } from '../../src/leases/file/file.ledger.js';
import type { Ledger } from '../../src/leases/ledger.js';
import { RedisLedger } from '../../src/leases/redis/redis.ledger.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { RedisServer } from '../support/redis-server.js';
import { LEASE_MS, ledgerContract, type LedgerWorld } from './ledger.contract.js';
import { Recorder } from './recorder.js';
import { redisSettings } from './redis-settings.js';

async function redisWorld(
  broker: Broker,
  ports: readonly number[],
  end: () => Promise<void>,
): Promise<LedgerWorld> {
  const node = new Recorder(broker);
  await node.start();
  const operators = ports.map((port) => new Redis(port));
  const empty = async (): Promise<void> => {
    await Promise.all(operators.map((operator) => operator.flushall()));
  };
  return {
    ledger: () => new RedisLedger(broker.slots!, LEASE_MS),
    lose: async () => undefined,
    empty,
    clear: empty,
    end: async () => {
      for (const operator of operators) operator.disconnect();
      await broker.stop();
      await end();
    },
  };
}

ledgerContract('redis', async () => {
  const server = await RedisServer.start();
  const broker = new RedisBroker(redisSettings(server, { prefix: 'test:' }));
  return redisWorld(broker, [server.port], () => server.stop());
});

ledgerContract('sharded redis', async () => {
  const cluster = await RedisCluster.start({ nodeTimeoutMs: 10_000 });
  const settings = { clusterNodes: cluster.addresses, prefix: 'test:', partitions: 8 };
  const broker = new ShardedRedisBroker({ ...redisSettings({ url: 'redis://x' }), ...settings });
  const ports = cluster.addresses.map((address) => Number(address.split(':')[1]));
  return redisWorld(broker, ports, () => cluster.stop());
});

ledgerContract('file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kittiwake-ledger-'));
  let ledgers: Ledger[] = [];
  const files = async (pattern: RegExp): Promise<string[]> =>
    (await readdir(folder)).filter((name) => pattern.test(name));
  const remove = async (pattern: RegExp): Promise<void> => {
    for (const name of await files(pattern)) await rm(join(folder, name));
  };
  return {
    ledger: () => {
      const ledger = new FileLedger(folder);
      ledgers.push(ledger);
      return ledger;
    },
    lose: (ledger) => {
      const { owner } = (ledger as unknown as { folder: { owner: string } }).folder;
      return remove(new RegExp(`^${owner}$`));
    },
    empty: () => remove(/journal/),
    clear: async () => {
      await Promise.all(ledgers.map((ledger) => ledger.end(false).catch(() => undefined)));
      ledgers = [];
      await remove(/./);
    },
    end: () => rm(folder, { recursive: true }),
  };
});
