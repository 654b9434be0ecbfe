import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort, RedisServer } from './redis-server.js';
import { eventually } from './wait.js';

const SLOTS = 16_384;
const PRIMARIES = 3;
const NODE_TIMEOUT_MS = 500;
const START_TRIES = 3;
/** How long a fail-over that nothing holds up may take. */
const FAILOVER_MS = 250;

export interface RedisClusterOptions {
  /** Whether each primary has a replica, which takes its place when it is away. Default: no. */
  readonly replicas?: boolean;
  /** Whether the Cluster says that it does not work while a slot has no primary, as it does by default. Default: no. */
  readonly fullCoverage?: boolean;
  /** How long a node may be silent before the others think that it is gone. Default: 500 ms. */
  readonly nodeTimeoutMs?: number;
}

/** A real Redis Cluster of three primaries; it goes on when one of them is away. */
export class RedisCluster {
  private constructor(
    /** The primaries as it was formed, then their replicas in the same order. */
    readonly nodes: readonly RedisServer[],
    private readonly busPorts: readonly number[],
  ) {}

  static async start(options: RedisClusterOptions = {}): Promise<RedisCluster> {
    const count = options.replicas ? 2 * PRIMARIES : PRIMARIES;
    const started = await Promise.all(Array.from({ length: count }, () => startNode(options)));
    const nodes = started.map(({ node }) => node);
    const cluster = new RedisCluster(
      nodes,
      started.map(({ busPort }) => busPort),
    );
    try {
      await cluster.form();
      await cluster.setNodeTimeout(options.nodeTimeoutMs ?? NODE_TIMEOUT_MS);
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

  /** The node that is the primary of a slot, as a working node sees it. */
  async primaryOf(slot: number): Promise<RedisServer> {
    const working = this.nodes.find(({ isRunning }) => isRunning)!;
    const owner = primaryPort(await this.ask(working, (client) => client.cluster('SLOTS')), slot);
    return this.nodes.find(({ port }) => port === owner)!;
  }

  /** The replica of a node, as it was formed; or the node whose replica it was. */
  partnerOf(node: RedisServer): RedisServer {
    return this.nodes[(this.nodes.indexOf(node) + PRIMARIES) % this.nodes.length]!;
  }

  /** Lets the partner of a primary take its place, as an operator does before maintenance. */
  async failOver(primary: RedisServer): Promise<void> {
    const replica = this.partnerOf(primary);
    // Redis gives up when the others do not vote in time; it is up to the operator to try again.
    await this.ask(replica, (client) =>
      eventually(
        async () => {
          if (((await client.role()) as string[])[0] === 'master') return true;
          await client.cluster('FAILOVER').catch(() => undefined);
          await delay(FAILOVER_MS);
          return ((await client.role()) as string[])[0] === 'master';
        },
        { timeoutMs: 15_000, what: 'a fail-over' },
      ),
    );
    await this.allSay(new RegExp(`:${replica.port}@\\S+ (myself,)?master - .* connected \\d+`));
  }

  /** Waits until a node is a replica, and all nodes know. */
  async isReplica(node: RedisServer): Promise<void> {
    await this.allSay(new RegExp(`:${node.port}@\\S+ (myself,)?slave .* connected`));
  }

  /** Moves a slot that holds no keys to another primary, as resharding does. */
  async moveSlot(slot: number, to: RedisServer): Promise<void> {
    const id = await this.ask(to, (client) => client.cluster('MYID'));
    // The one that takes it, then the one that gives it, then whoever has not heard of it yet.
    const others = this.nodes.filter((node) => node !== to);
    for (const node of [to, ...others]) {
      await this.ask(node, async (client) => {
        const role = (await client.role()) as [string];
        if (role[0] === 'master') await client.call('CLUSTER', 'SETSLOT', `${slot}`, 'NODE', id);
      });
    }
    const owners = (): Promise<(number | undefined)[]> =>
      this.onAll(async (client) => primaryPort(await client.cluster('SLOTS'), slot));
    await eventually(async () => (await owners()).every((port) => port === to.port), {
      what: 'a moved slot',
    });
  }

  /** Begins to move a slot to another primary, as resharding does: keys that are not there any more are at the other. */
  async beginMoving(slot: number, to: RedisServer): Promise<void> {
    const from = await this.primaryOf(slot);
    const ids = await this.onAll((client) => client.cluster('MYID'));
    const idOf = (node: RedisServer): string => String(ids[this.nodes.indexOf(node)]);
    await this.ask(to, (client) => client.call('CLUSTER', 'SETSLOT', `${slot}`, 'IMPORTING', idOf(from)));
    await this.ask(from, (client) => client.call('CLUSTER', 'SETSLOT', `${slot}`, 'MIGRATING', idOf(to)));
  }

  /** Leaves a slot where it is. */
  async endMoving(slot: number): Promise<void> {
    await this.onAll(async (client) => {
      if (((await client.role()) as string[])[0] === 'master')
        await client.call('CLUSTER', 'SETSLOT', `${slot}`, 'STABLE');
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }

  private async form(): Promise<void> {
    const share = Math.ceil(SLOTS / PRIMARIES);
    await this.onAll(async (client, index) => {
      if (index < PRIMARIES) {
        const end = Math.min((index + 1) * share, SLOTS) - 1;
        await client.call('CLUSTER', 'ADDSLOTSRANGE', `${index * share}`, `${end}`);
      }
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', `${index + 1}`);
      await client.call('CLUSTER', 'MEET', '127.0.0.1', `${this.nodes[0]!.port}`, `${this.busPorts[0]}`);
    });
    await this.works();
    await this.isWhole();
    if (this.nodes.length > PRIMARIES) await this.replicate();
  }

  /** Waits until every node knows of the primary of each slot: without full coverage it works before that. */
  private async isWhole(): Promise<void> {
    const known = (): Promise<string[]> => this.onAll((client) => client.cluster('INFO'));
    await eventually(
      async () => (await known()).every((info) => info.includes(`cluster_slots_ok:${SLOTS}\r`)),
      {
        timeoutMs: 15_000,
        what: 'a Cluster in which all nodes know all slots',
      },
    );
  }

  private async replicate(): Promise<void> {
    const ids = await this.onAll((client) => client.cluster('MYID'));
    await this.onAll(async (client, index) => {
      if (index < PRIMARIES) return;
      // Not before it has heard of its primary.
      await eventually(() => client.cluster('REPLICATE', String(ids[index - PRIMARIES])));
      await eventually(async () => ((await client.role()) as string[])[3] === 'connected');
    });
  }

  /** Waits until what every node says of the Cluster has a line. */
  private async allSay(line: RegExp): Promise<void> {
    const isSaid = async (): Promise<boolean> =>
      (await this.onAll((client) => client.cluster('NODES'))).every((nodes) => line.test(String(nodes)));
    await eventually(isSaid, { timeoutMs: 15_000, what: `${line}` });
  }

  /** Not from the start: a Cluster takes longer to form then. */
  private async setNodeTimeout(milliseconds: number): Promise<void> {
    await this.onAll((client) => client.config('SET', 'cluster-node-timeout', milliseconds));
  }

  private states(): Promise<string[]> {
    return this.onAll(
      async (client) => /cluster_state:(\w+)/.exec(await client.cluster('INFO'))?.[1] ?? 'unknown',
    );
  }

  private async ask<T>(node: RedisServer, question: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis(node.port, { retryStrategy: null });
    try {
      return await question(client);
    } finally {
      client.disconnect();
    }
  }

  /** Asks all nodes that run. */
  private onAll<T>(ask: (client: Redis, index: number) => Promise<T>): Promise<T[]> {
    const running = this.nodes.filter(({ isRunning }) => isRunning);
    return Promise.all(
      running.map((node) => this.ask(node, (client) => ask(client, this.nodes.indexOf(node)))),
    );
  }
}

type SlotRange = [
  first: number,
  last: number,
  ...servers: [host: string, port: number, ...rest: unknown[]][],
];

function primaryPort(ranges: SlotRange[], slot: number): number | undefined {
  return ranges.find(([first, last]) => first <= slot && slot <= last)?.[2]?.[1];
}

async function startNode({
  fullCoverage = false,
}: RedisClusterOptions): Promise<{ node: RedisServer; busPort: number }> {
  for (let left = START_TRIES - 1; ; left--) {
    const busPort = await freePort();
    const settings = {
      'cluster-enabled': 'yes',
      'cluster-node-timeout': `${NODE_TIMEOUT_MS}`,
      'cluster-require-full-coverage': fullCoverage ? 'yes' : 'no',
      'cluster-replica-validity-factor': '0',
      'cluster-port': `${busPort}`,
      'repl-diskless-sync-delay': '0',
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    try {
      return { node: await RedisServer.start({ args }), busPort };
    } catch (error) {
      // Another process may have taken the free port in between.
      if (left === 0) throw error;
    }
  }
}
