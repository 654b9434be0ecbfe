import { partitionOf, slotOf } from '../src/broker/redis/sharded/partitioning.js';
import { stoppedAfterEach } from './support/cleanup.js';
import { TestGateway } from './support/gateway.js';
import { RedisCluster } from './support/redis-cluster.js';
import { faultOf, LedgerClient, NumberedApp } from './support/redis-ledger.js';
import type { RedisServer } from './support/redis-server.js';
import { eventually } from './support/wait.js';

const PARTITIONS = 6;

describe('two gateways on a Redis Cluster with sharded Pub/Sub', () => {
  const stopped = stoppedAfterEach();
  let cluster: RedisCluster;
  let app: NumberedApp;
  let gateways: TestGateway[];

  beforeEach(async () => {
    cluster = stopped(await RedisCluster.start({ replicas: true, nodeTimeoutMs: 1000 }));
    app = await NumberedApp.start();
    gateways = [stopped(await startGateway()), stopped(await startGateway())];
    // Before the gateways, which wait for what is being published.
    stopped(app);
  }, 30_000);

  function startGateway(): Promise<TestGateway> {
    const redis = { clusterNodes: cluster.addresses, partitions: PARTITIONS };
    return TestGateway.start({
      services: { books: { requireAuthentication: false, beforeSubscribe: app.url } },
      broker: { kind: 'redis', redis },
    });
  }

  it('lose nothing of a primary that fails over without telling the clients that use it, and them alone', async () => {
    const topics = Array.from({ length: PARTITIONS }, (_, partition) => topicOf(partition));
    const clients = topics.flatMap((topic) =>
      gateways.map((gateway) => stopped(new LedgerClient(topic, gateway))),
    );
    for (const topic of topics) app.count(topic, gateways);
    const everyoneHears = () => Promise.all(clients.map((client) => client.hasUpdates(20)));
    const sessions = (): number[] => clients.map((client) => client.sessions.length);
    await everyoneHears();

    const expected = sessions();
    const failures: ((primary: RedisServer) => Promise<void>)[] = [
      (primary) => cluster.failOver(primary),
      (primary) => primary.kill(),
    ];
    for (const [index, fail] of failures.entries()) {
      const primary = await cluster.primaryOf(slotOf(`${index}`));
      for (const [number, { topic }] of clients.entries()) {
        if ((await cluster.primaryOf(slotOf(`${partitionOf(topic, PARTITIONS)}`))) === primary)
          expected[number]!++;
      }
      await fail(primary);
      await eventually(() => sessions().every((count, number) => count >= expected[number]!), {
        what: 'clients that are back',
        timeoutMs: 15_000,
      });
      await everyoneHears();
    }

    await app.settle();
    await eventually(() => clients.every((client) => client.last === app.numberOf(client.topic)), {
      what: 'the last publication, everywhere',
    });
    const told = sessions().map((count) => count > 1);
    expect(told).toEqual(expected.map((count) => count > 1));
    const ledgers = clients.flatMap((client) => client.sessions);
    expect(ledgers.map(faultOf).filter((fault) => fault !== undefined)).toEqual([]);
    const ends = ledgers.map(({ closed }) => closed?.code);
    expect(ends.filter((code) => code !== undefined && code !== 1012)).toEqual([]);
  }, 60_000);
});

/** Some topic of a partition. */
function topicOf(partition: number): string {
  for (let i = 0; ; i++) if (partitionOf(`books.${i}`, PARTITIONS) === partition) return `books.${i}`;
}
