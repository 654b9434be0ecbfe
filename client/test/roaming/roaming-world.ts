import type { KittiwakeOptions } from '../../../src/config/options.js';
import { API_KEY } from '../../../test/support/gateway.js';
import { RedisServer } from '../../../test/support/redis-server.js';
import { ServerProcess } from '../../../test/support/server-process.js';
import { RoundRobin } from './round-robin.js';

/** What a node has to say goodbye in, which is longer than its clients are spread over. */
const END_TIMEOUT_MS = 20_000;

/** Two gateways on one Redis behind a load balancer, which are killed, drained and replaced. */
export class RoamingWorld {
  private constructor(
    private readonly redis: RedisServer,
    private nodes: readonly ServerProcess[],
    private readonly balancer: RoundRobin,
    private readonly config: KittiwakeOptions,
  ) {}

  static async start(options: KittiwakeOptions): Promise<RoamingWorld> {
    const redis = await RedisServer.start();
    const config: KittiwakeOptions = {
      publish: { apiKeys: [API_KEY] },
      shutdown: { spread: '1s' },
      ...options,
      broker: { kind: 'redis', redis: { url: redis.url } },
    };
    const nodes = await Promise.all([ServerProcess.start({ config }), ServerProcess.start({ config })]);
    const balancer = await RoundRobin.start(nodes.map(({ port }) => port));
    return new RoamingWorld(redis, nodes, balancer, config);
  }

  /** What befalls the oldest node, by name; each is over when it resolves. */
  readonly faults = {
    killed: async () => {
      const { oldest, others } = this;
      this.turnTo(others);
      await oldest.stop();
      this.turnTo([...others, await ServerProcess.start({ config: this.config })]);
    },
    /** As a rolling deployment does: the next one is there first. */
    drained: async () => {
      const { oldest, others } = this;
      this.turnTo([...others, await ServerProcess.start({ config: this.config })]);
      await oldest.signal('SIGTERM').untilEnded(END_TIMEOUT_MS);
    },
    /** The balancer does not know of it before it is over. */
    replaced: async () => {
      const { oldest, others } = this;
      await oldest.signal('SIGTERM').untilEnded(END_TIMEOUT_MS);
      this.turnTo([...others, await ServerProcess.start({ config: this.config })]);
    },
  };

  get url(): string {
    return `http://127.0.0.1:${this.balancer.port}`;
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
    await this.balancer.stop();
    await this.redis.stop();
  }

  private get oldest(): ServerProcess {
    return this.nodes[0]!;
  }

  private get others(): ServerProcess[] {
    return this.nodes.slice(1);
  }

  private turnTo(nodes: readonly ServerProcess[]): void {
    this.nodes = nodes;
    this.balancer.ports = nodes.map(({ port }) => port);
  }
}
