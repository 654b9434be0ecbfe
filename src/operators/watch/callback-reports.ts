import { Injectable } from '@nestjs/common';
import { monotonicMs } from '../../base/monotonic-ms.js';
import { Cluster } from '../../cluster/cluster.js';
import { seriesOf } from '../../metrics/metric-series.js';
import { Metrics } from '../../metrics/metrics.js';
import { isObject } from '../../protocol/json/json.js';
import { type CallbackTally, failuresOf, merged, tallies, totalsOf } from './callback-tally.js';
import { type Gathered, gathered } from './gathered.js';
import { Rates } from './rates.js';
import { quantile } from './quantile.js';

const ABOUT = 'console callbacks';

interface Report {
  readonly tallies: readonly CallbackTally[];
  /** The number of requests to the app that wait for a connection. */
  readonly waiting: number;
  /** The time for which the first of them has waited, in seconds. */
  readonly waitingSeconds: number;
  /** The services that are not asked for a while. */
  readonly paused?: readonly string[];
}

/** The callbacks of one kind, in their wire form. Times are in seconds. */
interface CallbackItem {
  readonly service: string;
  readonly callback: string;
  readonly calls: number;
  readonly failures: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly calls_per_second?: number | undefined;
  readonly failures_per_second?: number | undefined;
  readonly latency: Readonly<Record<'mean' | 'p50' | 'p95' | 'p99', number | undefined>>;
  /** The time that the percentiles are of: lately, or else since the start. */
  readonly latency_since: 'lately' | 'start';
}

/** The callbacks of all nodes. */
export interface CallbackList extends Gathered {
  readonly status: 'ok';
  readonly callbacks: readonly CallbackItem[];
  readonly waiting: number;
  readonly waiting_seconds: number;
  /** The services that some node does not ask for a while: see `callbacks.breaker`. */
  readonly paused: readonly string[];
}

/** The answers of the app to callbacks, from the metrics of each node. */
@Injectable()
export class CallbackReports {
  private readonly rates = new Rates();

  constructor(
    private readonly cluster: Cluster,
    private readonly metrics: Metrics,
  ) {
    cluster.answer(ABOUT, () => this.own());
  }

  /** Never rejects; nodes that do not answer are named. */
  async read(): Promise<CallbackList> {
    const answers = await this.cluster.ask(ABOUT, null, readReport);
    const reports = [...answers.byNode.values()];
    const all = merged(reports.flatMap((report) => report.tallies));
    return {
      status: 'ok',
      callbacks: all.map(itemOf).toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
      waiting: reports.reduce((sum, { waiting }) => sum + waiting, 0),
      waiting_seconds: Math.max(0, ...reports.map(({ waitingSeconds }) => waitingSeconds)),
      paused: [...new Set(reports.flatMap(({ paused = [] }) => paused))].toSorted(),
      ...gathered(answers),
    };
  }

  private async own(): Promise<Report> {
    const [series, [waiting], [waitingSeconds]] = await Promise.all([
      seriesOf(this.metrics, 'kittiwake_callback_seconds'),
      seriesOf(this.metrics, 'kittiwake_callbacks_waiting'),
      seriesOf(this.metrics, 'kittiwake_callbacks_waiting_seconds'),
    ]);
    const rates = this.rates.of(totalsOf(series), monotonicMs());
    return {
      tallies: tallies(series, rates),
      waiting: waiting?.value ?? 0,
      waitingSeconds: waitingSeconds?.value ?? 0,
      paused: this.metrics.breakers.open,
    };
  }
}

function itemOf(tally: CallbackTally): CallbackItem {
  const { service, callback, outcomes, seconds, recent } = tally;
  const calls = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  const isLately = recent !== undefined && recent.calls > 0;
  const buckets = isLately ? recent.buckets : tally.buckets;
  return {
    service,
    callback,
    calls,
    failures: failuresOf(tally),
    outcomes,
    calls_per_second: recent?.calls,
    failures_per_second: recent?.failures,
    latency: {
      mean: calls === 0 ? undefined : seconds / calls,
      p50: quantile(0.5, buckets),
      p95: quantile(0.95, buckets),
      p99: quantile(0.99, buckets),
    },
    latency_since: isLately ? 'lately' : 'start',
  };
}

function keyOf({ service, callback }: CallbackItem): string {
  return `${service} ${callback}`;
}

function readReport(answer: unknown): Report | undefined {
  return isObject(answer) && Array.isArray(answer.tallies) ? (answer as unknown as Report) : undefined;
}
