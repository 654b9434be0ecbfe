import type { Metrics } from '../../metrics/metrics.js';
import {
  isMetricsAnswer,
  METRICS_REQUEST,
  type MetricsAnswer,
  OWN_METRICS_REQUEST,
  type OwnMetrics,
} from './worker-messages.js';

/** Makes the metrics of a worker process those of all workers: it asks the process that keeps them. */
export function shareMetrics(metrics: Metrics): void {
  const waiting: ((answer: MetricsAnswer) => void)[] = [];
  process.on('message', (message: unknown) => {
    if (isMetricsAnswer(message)) for (const resolve of waiting.splice(0)) resolve(message);
    if (message === OWN_METRICS_REQUEST) void sayOwn(metrics);
  });
  metrics.collectFrom(async () => {
    const answered = new Promise<MetricsAnswer>((resolve) => waiting.push(resolve));
    process.send?.(METRICS_REQUEST);
    const answer = await answered;
    if ('failure' in answer) throw new Error(answer.failure);
    return answer.metrics;
  });
}

async function sayOwn({ registry }: Metrics): Promise<void> {
  const answer: OwnMetrics = { ownMetrics: await registry.getMetricsAsJSON() };
  if (process.connected) process.send?.(answer);
}
