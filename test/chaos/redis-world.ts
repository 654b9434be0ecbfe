import { Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';
import type { KittiwakeOptions } from '../../src/config/options.js';
import { API_KEY, TestGateway } from '../support/gateway.js';
import type { Chance } from '../support/chance.js';
import { freePort, RedisServer } from '../support/redis-server.js';
import { ServerProcess } from '../support/server-process.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { eventually } from '../support/wait.js';
import type { ChaosWorld } from './chaos.js';

/** Besides the one that is a process of its own. */
const NODES = 2;
/** Longer than Redis may be silent, shorter than anybody would mind. */
const STALL_MS = 800;
/** How much a primary goes on with while its replica gets nothing. */
const LAG_MS = 150;
/** A replica need not wait for others that may come. */
const SERVER = { args: ['--repl-diskless-sync-delay', '0'] };
/** Quick to notice a Redis that is silent. */
const TIMING = { pingInterval: '100ms', pingTimeout: '500ms' };

/** Three gateways, one of them a process, on one Redis, which is cut off, emptied, stalled and replaced. */
export class RedisWorld implements ChaosWorld {
  private gateways: TestGateway[] = [];
  private process: ServerProcess | undefined;
  private proxy!: TcpProxy;

  private constructor(
    private redis: RedisServer,
    private readonly options: KittiwakeOptions,
    private readonly chance: Chance,
  ) {}

  static async start(options: KittiwakeOptions, chance: Chance): Promise<RedisWorld> {
    const redis = await RedisServer.start(SERVER);
    const world = new RedisWorld(redis, options, chance);
    try {
      world.proxy = await TcpProxy.start(redis.port);
      for (let i = 0; i < NODES; i++) world.gateways.push(await world.node(await freePort()));
      world.process = await ServerProcess.start({ config: world.config });
    } catch (error) {
      await world.stop();
      throw error;
    }
    return world;
  }

  readonly nodes = (): string[] => [...this.gateways, this.process!].map(({ httpUrl }) => httpUrl);

  readonly faults = {
    'subscribers cut off': () => this.tell((redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')),
    'node replaced': () => this.replaceNode(),
    'publishers cut off': () => this.tell((redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'normal')),
    'one key forgotten': () => this.tell((redis) => this.loseKey(redis)),
    'Redis stalled': () =>
      this.stall(
        () => this.redis.freeze(),
        () => this.redis.thaw(),
      ),
    'node stalled': () =>
      this.stall(
        () => this.process!.signal('SIGSTOP'),
        () => this.process!.signal('SIGCONT'),
      ),
    'node killed': () => this.killNode(),
    'replica with less': () => this.failOver(),
    'all forgotten': () => this.tell((redis) => redis.flushall()),
  };

  async stop(): Promise<void> {
    await Promise.all([this.process?.stop(), ...this.gateways.map((gateway) => gateway.stop())]);
    await this.proxy?.stop();
    await this.redis.stop();
  }

  private get config(): KittiwakeOptions {
    const url = `redis://127.0.0.1:${this.proxy.port}`;
    const publish = { apiKeys: [API_KEY] };
    return { publish, ...this.options, broker: { kind: 'redis', redis: { url, ...TIMING } } };
  }

  private node(port: number): Promise<TestGateway> {
    return TestGateway.start({ ...this.config, server: { port } });
  }

  private async tell(command: (redis: Redis) => Promise<unknown>, port = this.redis.port): Promise<void> {
    const redis = new Redis(port);
    try {
      await command(redis);
    } finally {
      redis.disconnect();
    }
  }

  private async loseKey(redis: Redis): Promise<void> {
    const keys = await redis.keys('*');
    if (keys.length > 0) await redis.del(this.chance.of(keys.toSorted()));
  }

  private async stall(freeze: () => void, thaw: () => void): Promise<void> {
    freeze();
    await delay(STALL_MS);
    thaw();
  }

  private async killNode(): Promise<void> {
    const killed = this.process!;
    await killed.stop();
    const env = { KITTIWAKE_PORT: `${killed.port}` };
    this.process = await ServerProcess.start({ config: this.config, env });
  }

  /** A replica becomes the primary that has not got the latest, as with a fail-over in the wrong moment. */
  private async failOver(): Promise<void> {
    const replica = await RedisServer.start(SERVER);
    await this.tell((redis) => redis.replicaof('127.0.0.1', this.redis.port), replica.port);
    await this.tell(
      (redis) => eventually(async () => (await redis.info('replication')).includes('master_link_status:up')),
      replica.port,
    );
    await this.tell((redis) => redis.replicaof('NO', 'ONE'), replica.port);
    await delay(LAG_MS);
    this.proxy.turnTo(replica.port);
    await this.redis.stop();
    this.redis = replica;
  }

  /** As in a rolling deployment. */
  private async replaceNode(): Promise<void> {
    const [first, ...others] = this.gateways;
    this.gateways = others;
    await first!.stop();
    this.gateways = [...others, await this.node(first!.port)];
  }
}
