import { Redis } from 'ioredis';
import { freePort, RedisServer } from './redis-server.js';
import { eventually } from './wait.js';

const SLOTS = 16_384;
const NODE_TIMEOUT_MS = 500;

/** A real Redis Cluster of three masters without replicas; it goes on when one of them is away. */
export class RedisCluster {
  private constructor(
    readonly nodes: readonly RedisServer[],
    private readonly busPorts: readonly number[],
  ) {}

  static async start(): Promise<RedisCluster> {
    const busPorts = await Promise.all([freePort(), freePort(), freePort()]);
    const cluster = new RedisCluster(await Promise.all(busPorts.map(startNode)), busPorts);
    try {
      await cluster.form();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** `host:port` of every node. */
  get addresses(): string[] {
    return this.nodes.map(({ port }) => `127.0.0.1:${port}`);
  }

  /** Waits until every node thinks that the Cluster works; Redis takes its time, 2 s after a start. */
  async works(): Promise<void> {
    await eventually(async () => (await this.states()).every((state) => state === 'ok'), {
      timeoutMs: 15_000,
      what: 'a Cluster that works',
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  private async form(): Promise<void> {
    const share = Math.ceil(SLOTS / this.nodes.length);
    await this.onAll(async (client, index) => {
      const end = Math.min((index + 1) * share, SLOTS) - 1;
      await client.call('CLUSTER', 'ADDSLOTSRANGE', `${index * share}`, `${end}`);
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', `${index + 1}`);
      await client.call('CLUSTER', 'MEET', '127.0.0.1', `${this.nodes[0]!.port}`, `${this.busPorts[0]}`);
    });
    await this.works();
  }

  private states(): Promise<string[]> {
    return this.onAll(
      async (client) => /cluster_state:(\w+)/.exec(await client.cluster('INFO'))?.[1] ?? 'unknown',
    );
  }

  private async onAll<T>(ask: (client: Redis, index: number) => Promise<T>): Promise<T[]> {
    const clients = this.nodes.map(({ port }) => new Redis(port, { retryStrategy: null }));
    try {
      return await Promise.all(clients.map(ask));
    } finally {
      for (const client of clients) client.disconnect();
    }
  }
}

function startNode(busPort: number): Promise<RedisServer> {
  const settings = {
    'cluster-enabled': 'yes',
    'cluster-node-timeout': `${NODE_TIMEOUT_MS}`,
    'cluster-require-full-coverage': 'no',
    'cluster-port': `${busPort}`,
  };
  return RedisServer.start({
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
  });
}
