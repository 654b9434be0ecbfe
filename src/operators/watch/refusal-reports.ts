import { Injectable } from '@nestjs/common';
import { monotonicMs } from '../../base/monotonic-ms.js';
import { Cluster } from '../../cluster/cluster.js';
import { type MetricSeries, seriesOf } from '../../metrics/metric-series.js';
import { Metrics } from '../../metrics/metrics.js';
import { Refusals, type RefusalSeen } from '../../metrics/refusals.js';
import { isObject } from '../../protocol/json/json.js';
import { sumOf } from './callback-tally.js';
import { type Gathered, gathered } from './gathered.js';
import { Rates } from './rates.js';

const ABOUT = 'console refusals';
/** The most of the latest, of each node and of all. */
const MAX_LATEST = 100;

type Counts = Readonly<Record<string, number>>;

interface Report {
  readonly latest: readonly RefusalSeen[];
  /** By kind. */
  readonly refusals: Counts;
  readonly perSecond?: Counts | undefined;
  /** Ends of connections, by reason. */
  readonly closes: Counts;
  /** Refused handshakes, by status. */
  readonly handshakes: Counts;
}

/** A refusal, in its wire form. */
interface RefusalItem {
  readonly at: string;
  readonly node: string;
  readonly kind: string;
  readonly what: string;
  readonly why: string;
  readonly by: string;
  readonly address?: string | undefined;
}

/** The refusals on all nodes. */
export interface RefusalList extends Gathered {
  readonly status: 'ok';
  /** The last one first. */
  readonly latest: readonly RefusalItem[];
  /** Since the start. */
  readonly refusals: Counts;
  /** Absent at the first look. */
  readonly refusals_per_second?: Counts | undefined;
  readonly closes: Counts;
  readonly handshakes: Counts;
}

/** The refusals to clients and services, and the ends of connections. */
@Injectable()
export class RefusalReports {
  private readonly rates = new Rates();

  constructor(
    private readonly cluster: Cluster,
    private readonly refusals: Refusals,
    private readonly metrics: Metrics,
  ) {
    cluster.answer(ABOUT, () => this.own());
  }

  /** Never rejects; nodes that do not answer are named. */
  async read(): Promise<RefusalList> {
    const answers = await this.cluster.ask(ABOUT, null, readReport);
    const reports = [...answers.byNode.values()];
    const latest = [...answers.byNode].flatMap(([node, report]) =>
      report.latest.map((seen) => ({ node, seen })),
    );
    const rates = reports.flatMap(({ perSecond }) => (perSecond ? [perSecond] : []));
    return {
      status: 'ok',
      latest: latest
        .toSorted((a, b) => b.seen.atMs - a.seen.atMs)
        .slice(0, MAX_LATEST)
        .map(({ node, seen }) => itemOf(node, seen)),
      refusals: sumsOf(reports.map((report) => report.refusals)),
      refusals_per_second: rates.length > 0 ? sumsOf(rates) : undefined,
      closes: sumsOf(reports.map(({ closes }) => closes)),
      handshakes: sumsOf(reports.map(({ handshakes }) => handshakes)),
      ...gathered(answers),
    };
  }

  private async own(): Promise<Report> {
    const [refusals, closes, handshakes] = await Promise.all([
      this.counts('kittiwake_refusals_total', ({ kind }) => kind),
      this.counts('kittiwake_connections_closed_total', ({ reason }) => reason),
      this.counts('kittiwake_handshakes_refused_total', ({ status }) => status),
    ]);
    const rates = this.rates.of(new Map(Object.entries(refusals)), monotonicMs());
    return {
      latest: this.refusals.latest.slice(0, MAX_LATEST),
      refusals,
      perSecond: rates && Object.fromEntries(rates),
      closes,
      handshakes,
    };
  }

  private async counts(
    name: string,
    labelOf: (labels: MetricSeries['labels']) => string | number | undefined,
  ): Promise<Record<string, number>> {
    const series = await seriesOf(this.metrics, name);
    return Object.fromEntries(series.map(({ labels, value }) => [labelOf(labels) ?? '', value]));
  }
}

function itemOf(node: string, { atMs, kind, what, why, by, peer: address }: RefusalSeen): RefusalItem {
  return { at: new Date(atMs).toISOString(), node, kind, what, why, by, address };
}

function sumsOf(all: readonly Counts[]): Counts {
  return all.reduce<Counts>((sum, one) => sumOf(sum, one), {});
}

function readReport(answer: unknown): Report | undefined {
  return isObject(answer) && Array.isArray(answer.latest) ? (answer as unknown as Report) : undefined;
}
