import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { hostname } from 'node:os';
import { performance } from 'node:perf_hooks';
import { monotonicMs } from '../../base/monotonic-ms.js';
import { Cluster } from '../../cluster/cluster.js';
import { VERSION } from '../../config/version.js';
import { seriesOf } from '../../metrics/metric-series.js';
import { Metrics } from '../../metrics/metrics.js';
import { isObject } from '../../protocol/json/json.js';
import { RoomHub } from '../../rooms/relay/room-hub.js';
import { GatewayStatus } from '../gateway-status.js';
import { type Gathered, gathered } from './gathered.js';
import { LoopLag } from './loop-lag.js';
import { Rates } from './rates.js';

const ABOUT = 'console node';

/** The report of a node, in its wire form. What grows is per second, and absent at the first look. */
export interface NodeReport {
  readonly node: string;
  readonly host: string;
  readonly pid: number;
  /** The process itself, where several share a port: then {@link pid} is the one that keeps them. */
  readonly worker?: number;
  readonly version: string;
  readonly node_version: string;
  /** In seconds. */
  readonly uptime: number;
  readonly state: string;
  readonly broker: string;
  readonly connections: number;
  readonly subscriptions: { readonly topics: number; readonly rooms: number };
  readonly topics: number;
  readonly rooms: number;
  /** In bytes. */
  readonly memory: number;
  /** The share of one core. */
  readonly cpu?: number | undefined;
  /** The share of time in which the event loop is busy. */
  readonly loop?: number | undefined;
  /** The delay of timers, in seconds: the 99th percentile. */
  readonly loop_lag?: number | undefined;
  readonly publications_per_second?: number | undefined;
  readonly received_per_second?: number | undefined;
  readonly deliveries_per_second?: number | undefined;
}

/** The reports of all nodes. */
export interface NodesReport extends Gathered {
  readonly status: 'ok';
  readonly nodes: readonly NodeReport[];
}

/** The load of each node and worker process, and how it bears it. */
@Injectable()
export class NodeReports implements OnApplicationShutdown {
  private readonly rates = new Rates();
  private readonly lag = new LoopLag();

  constructor(
    private readonly cluster: Cluster,
    private readonly status: GatewayStatus,
    private readonly metrics: Metrics,
    private readonly rooms: RoomHub,
  ) {
    cluster.answer(ABOUT, () => this.own());
  }

  /** Never rejects; nodes that do not answer are named. */
  async read(): Promise<NodesReport> {
    const answers = await this.cluster.ask(ABOUT, null, readReport);
    const nodes = [...answers.byNode.values()].toSorted((a, b) => (a.node < b.node ? -1 : 1));
    return { status: 'ok', nodes, ...gathered(answers) };
  }

  onApplicationShutdown(): void {
    this.lag.stop();
  }

  private async own(): Promise<NodeReport> {
    const { pid, worker, uptime, state, broker, connections, channels, memory } = this.status.read();
    const nowMs = monotonicMs();
    const rates = this.rates.of(await this.totals(), nowMs);
    const [topicSubscriptions, roomSubscriptions] = await Promise.all([
      this.sum('kittiwake_subscriptions', { kind: 'topic' }),
      this.sum('kittiwake_subscriptions', { kind: 'room' }),
    ]);
    return {
      node: this.cluster.node,
      host: hostname(),
      pid,
      ...(worker !== undefined && { worker }),
      version: VERSION,
      node_version: process.versions.node,
      uptime,
      state,
      broker,
      connections,
      subscriptions: { topics: topicSubscriptions, rooms: roomSubscriptions },
      topics: channels,
      rooms: this.rooms.roomCount,
      memory,
      cpu: rates?.get('cpu'),
      loop: rates?.get('loop'),
      loop_lag: this.lag.read(nowMs),
      publications_per_second: rates?.get('publications'),
      received_per_second: rates?.get('received'),
      deliveries_per_second: rates?.get('deliveries'),
    };
  }

  private async totals(): Promise<Map<string, number>> {
    const { user, system } = process.cpuUsage();
    const [publications, received, deliveries] = await Promise.all([
      this.sum('kittiwake_publications_total'),
      this.sum('kittiwake_publications_received_total'),
      this.sum('kittiwake_deliveries_total'),
    ]);
    return new Map([
      ['cpu', (user + system) / 1e6],
      ['loop', performance.eventLoopUtilization().active / 1_000],
      ['publications', publications],
      ['received', received],
      ['deliveries', deliveries],
    ]);
  }

  private async sum(name: string, wanted: { readonly kind?: string } = {}): Promise<number> {
    const series = await seriesOf(this.metrics, name);
    return series
      .filter(({ labels }) => wanted.kind === undefined || labels.kind === wanted.kind)
      .reduce((sum, { value }) => sum + value, 0);
  }
}

function readReport(answer: unknown): NodeReport | undefined {
  return isObject(answer) && typeof answer.node === 'string' ? (answer as unknown as NodeReport) : undefined;
}
