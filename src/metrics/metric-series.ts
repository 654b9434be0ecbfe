import type { Metrics } from './metrics.js';

/** A series of a metric as it is now. */
export interface MetricSeries {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** Of a histogram, the name with `_bucket`, `_sum` or `_count`. */
  readonly metricName?: string;
}

/** The series of one of our metrics, in this process alone. @throws when there is none of that name. */
export async function seriesOf({ registry }: Metrics, name: string): Promise<readonly MetricSeries[]> {
  const metric = registry.getSingleMetric(name);
  if (!metric) throw new Error(`there is no metric ${name}`);
  return (await metric.get()).values as readonly MetricSeries[];
}
