import { AggregatorRegistry } from 'prom-client';
import type { Metrics } from '../metrics/metrics.js';
import { isMetricsAnswer, METRICS_REQUEST, type MetricsAnswer } from './worker-messages.js';

/** Has the metrics of one worker process be those of all: whichever is asked, asks the process that keeps them. */
export function shareMetrics(metrics: Metrics): void {
  AggregatorRegistry.setRegistries(metrics.registry);
  // oxlint-disable-next-line no-new -- from here on this process answers when it is asked for its own
  new AggregatorRegistry();
  const waiting: ((answer: MetricsAnswer) => void)[] = [];
  process.on('message', (message: unknown) => {
    if (isMetricsAnswer(message)) for (const resolve of waiting.splice(0)) resolve(message);
  });
  metrics.collectFrom(async () => {
    const answered = new Promise<MetricsAnswer>((resolve) => waiting.push(resolve));
    process.send?.(METRICS_REQUEST);
    const answer = await answered;
    if ('failure' in answer) throw new Error(answer.failure);
    return answer.metrics;
  });
}
