import { isDeepStrictEqual } from 'node:util';
import type { Broker } from '../../src/broker/broker.js';
import type { NodeCount } from '../../src/cluster/answers.js';
import { Cluster } from '../../src/cluster/cluster.js';
import { loadSettings } from '../../src/config/loading/load-settings.js';
import { Hub } from '../../src/delivery/hub.js';
import { Histories } from '../../src/history/histories.js';
import { Metrics } from '../../src/metrics/metrics.js';
import { eventually } from '../support/wait.js';
import type { BrokerWorld } from './broker.contract.js';

/** For answers that come. */
const PATIENT_MS = 5_000;
/** For answers that do not. */
const IMPATIENT_MS = 400;
const textOf = (answer: unknown): string | undefined => (typeof answer === 'string' ? answer : undefined);

/** One node: as much of a gateway as asks and answers. */
class Node {
  readonly cluster: Cluster;
  private readonly hub: Hub;

  constructor(
    readonly broker: Broker,
    timeoutMs = PATIENT_MS,
  ) {
    const {
      broker: settings,
      history,
      metrics: counted,
    } = loadSettings({
      broker: { answerTimeout: `${timeoutMs}ms` },
    });
    const metrics = new Metrics(counted);
    this.hub = new Hub(broker, new Histories(broker, history, metrics), metrics);
    this.cluster = new Cluster(this.hub, settings);
    this.cluster.answer('name', () => this.cluster.node);
    this.cluster.answer('echo', (question) => question);
    this.cluster.answer('nothing', () => new Promise(() => undefined));
  }

  async start(): Promise<void> {
    await this.hub.start(() => undefined);
    await this.cluster.start();
  }

  /** As a process that is killed: without a word. */
  kill(): Promise<void> {
    return this.broker.stop();
  }

  async stop(): Promise<void> {
    await this.cluster.stop();
    await this.hub.stop();
  }
}

/** What asking all nodes promises, on every broker; see `src/cluster/cluster.ts`. */
export function clusterContract(world: () => BrokerWorld): void {
  describe('asking all nodes', () => {
    let nodes: Node[];
    let count: number;

    async function start(timeoutMs?: number): Promise<void> {
      const node = new Node(world().broker(), timeoutMs);
      nodes.push(node);
      await node.start();
    }

    beforeAll(async () => {
      nodes = [];
      for (const timeoutMs of [IMPATIENT_MS, PATIENT_MS, PATIENT_MS]) await start(timeoutMs);
      count = world().isShared ? 3 : 1;
      const asked = async (node: Node): Promise<number> =>
        (await node.cluster.ask('name', {}, textOf)).nodes.answered;
      for (const node of nodes) await eventually(async () => (await asked(node)) === count);
    });
    afterAll(() => Promise.all(nodes.map((node) => node.stop())));

    it('has an answer of each node, this one included', async () => {
      for (const { cluster } of nodes.slice(1)) {
        const { byNode, nodes: counted } = await cluster.ask('name', {}, textOf);
        expect(counted).toEqual({ asked: count, answered: count });
        const others = world().isShared ? nodes.map((node) => node.cluster.node) : [cluster.node];
        expect([...byNode.keys()].toSorted()).toEqual(others.toSorted());
        for (const [node, name] of byNode) expect(name).toBe(node);
      }
    });

    it('asks one node alone', async () => {
      const [, first, second] = nodes;
      const question = 'x'.repeat(100_000) + '"\\\u2028é😀';
      const answers = await first!.cluster.askOne(second!.cluster.node, 'echo', question, textOf);
      if (!world().isShared) expect(answers.nodes).toEqual({ asked: 1, answered: 0 });
      else expect([...answers.byNode]).toEqual([[second!.cluster.node, question]]);
      const own = await first!.cluster.askOne(first!.cluster.node, 'echo', 'here', textOf);
      expect([...own.byNode.values()]).toEqual(['here']);
      const nobody = await first!.cluster.askOne('nobody', 'echo', '', textOf);
      expect(nobody.nodes).toEqual({ asked: 1, answered: 0 });
    });

    it('says how many have not answered in time, or cannot', async () => {
      const { cluster } = nodes[0]!;
      expect((await cluster.ask('nothing', {}, textOf)).nodes).toEqual({ asked: count, answered: 0 });
      expect((await cluster.ask('echo', 1, textOf)).nodes).toEqual({ asked: count, answered: 0 });
    });

    it('knows of a node that comes, and of one that goes', async () => {
      const one = nodes[1]!;
      const asked = async (node: Node): Promise<number> =>
        (await node.cluster.ask('name', {}, textOf)).nodes.asked;
      const comer = new Node(world().broker());
      await comer.start();
      const all = world().isShared ? 4 : 1;
      for (const node of [comer, one]) await eventually(async () => (await asked(node)) === all);
      await comer.stop();
      await eventually(async () => (await asked(one)) === count);
    });

    it('misses a node that has gone without a word', async () => {
      const comer = new Node(world().broker());
      await comer.start();
      const counted = async (): Promise<NodeCount> => (await nodes[0]!.cluster.ask('name', {}, textOf)).nodes;
      const all = world().isShared ? 4 : 1;
      await eventually(async () => (await counted()).answered === all);
      await comer.kill();
      const left = { asked: world().hasWills ? count : all, answered: count };
      await eventually(async () => isDeepStrictEqual(await counted(), left));
      await comer.stop();
    });
  });
}
