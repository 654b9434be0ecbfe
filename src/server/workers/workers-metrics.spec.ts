import { jest } from '@jest/globals';
import type { Worker } from 'node:cluster';
import { Counter, Registry } from 'prom-client';
import { WorkersMetrics } from './workers-metrics.js';

/** A worker that says what it has counted, unless it is stopped. */
class FakeWorker {
  isStopped = false;
  private readonly registry = new Registry();
  private readonly counter = new Counter({ name: 'counted', help: 'Counted.', registers: [this.registry] });

  constructor(private readonly metrics: WorkersMetrics) {}

  count(amount: number): void {
    this.counter.inc(amount);
  }

  isConnected(): boolean {
    return true;
  }

  send(): void {
    if (this.isStopped) return;
    void this.registry
      .getMetricsAsJSON()
      .then((ownMetrics) => this.metrics.took(this.asWorker, { ownMetrics }));
  }

  get asWorker(): Worker {
    return this as unknown as Worker;
  }
}

describe('the metrics of several worker processes', () => {
  const metrics = new WorkersMetrics();
  const workers = [new FakeWorker(metrics), new FakeWorker(metrics)] as const;

  async function text(): Promise<string> {
    const asked = metrics.text(workers.map(({ asWorker }) => asWorker));
    await jest.advanceTimersByTimeAsync(1_000);
    return asked;
  }

  beforeAll(() => void jest.useFakeTimers());
  afterAll(() => void jest.useRealTimers());

  it('are summed up, and what a silent one said last counts', async () => {
    workers[0].count(3);
    workers[1].count(4);
    expect(await text()).toMatch(/^counted 7$/m);
    workers[0].isStopped = true;
    workers[1].count(1);
    const partial = await text();
    expect(partial).toMatch(/^counted 8$/m);
    expect(partial).toContain('kittiwake_workers{state="answering"} 1');
    expect(partial).toContain('kittiwake_workers{state="silent"} 1');
  });
});
