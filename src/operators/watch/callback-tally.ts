import type { MetricSeries } from '../../metrics/metric-series.js';
import type { Buckets } from './quantile.js';

/** The callbacks of one kind of one service, on one node or on all. */
export interface CallbackTally {
  readonly service: string;
  readonly callback: string;
  /** By outcome, since the start. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** All of it together, since the start. */
  readonly seconds: number;
  readonly buckets: Buckets;
  /** In a second, lately; absent where nobody has looked. */
  readonly recent?:
    | { readonly calls: number; readonly failures: number; readonly buckets: Buckets }
    | undefined;
}

/** Outcomes that are no fault: the app has answered. */
const ANSWERED: ReadonlySet<string> = new Set(['ok', 'refused']);

/** The totals of a histogram, by names that {@link tallies} can read. */
export function totalsOf(series: readonly MetricSeries[]): Map<string, number> {
  return new Map(series.map((one) => [nameOf(one), one.value]));
}

/** Gathers the series of the histogram of callbacks. @param rates by the names of {@link totalsOf}. */
export function tallies(
  series: readonly MetricSeries[],
  rates: ReadonlyMap<string, number> | undefined,
): CallbackTally[] {
  return merged(series.map((one) => tallyOf(one, rates?.get(nameOf(one)), rates !== undefined)));
}

/** One for each service and callback. */
export function merged(all: Iterable<CallbackTally>): CallbackTally[] {
  const byName = new Map<string, CallbackTally>();
  for (const one of all) {
    const name = JSON.stringify([one.service, one.callback]);
    const before = byName.get(name);
    byName.set(name, before ? together(before, one) : one);
  }
  return [...byName.values()];
}

/** The number of calls that were no fault of the app's. */
export function failuresOf({ outcomes }: Pick<CallbackTally, 'outcomes'>): number {
  const faults = Object.entries(outcomes).filter(
    ([outcome]) => outcome !== 'cancelled' && !ANSWERED.has(outcome),
  );
  return faults.reduce((sum, [, count]) => sum + count, 0);
}

function tallyOf(
  { labels, value, metricName = '' }: MetricSeries,
  rate = 0,
  hasRates: boolean,
): CallbackTally {
  const { service = '', callback = '', outcome = '', le } = labels;
  const isCount = metricName.endsWith('_count');
  const outcomes = isCount ? { [outcome]: value } : {};
  const bucketsOf = (count: number): Buckets => (le === undefined ? {} : { [le]: count });
  return {
    service: String(service),
    callback: String(callback),
    outcomes,
    seconds: metricName.endsWith('_sum') ? value : 0,
    buckets: bucketsOf(value),
    recent: hasRates
      ? {
          calls: isCount ? rate : 0,
          failures: isCount ? failuresOf({ outcomes: { [outcome]: rate } }) : 0,
          buckets: bucketsOf(rate),
        }
      : undefined,
  };
}

function together(a: CallbackTally, b: CallbackTally): CallbackTally {
  return {
    ...a,
    outcomes: sumOf(a.outcomes, b.outcomes),
    seconds: a.seconds + b.seconds,
    buckets: sumOf(a.buckets, b.buckets),
    recent:
      a.recent && b.recent
        ? {
            calls: a.recent.calls + b.recent.calls,
            failures: a.recent.failures + b.recent.failures,
            buckets: sumOf(a.recent.buckets, b.recent.buckets),
          }
        : (a.recent ?? b.recent),
  };
}

/** The sums by name. */
export function sumOf(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum: Record<string, number> = { ...a };
  for (const [name, value] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + value;
  return sum;
}

function nameOf({ labels, metricName }: MetricSeries): string {
  return JSON.stringify([metricName, labels.service, labels.callback, labels.outcome, labels.le]);
}
