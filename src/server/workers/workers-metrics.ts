import type { Worker } from 'node:cluster';
import { AggregatorRegistry, Gauge, Registry } from 'prom-client';
import { isOwnMetrics, OWN_METRICS_REQUEST } from './worker-messages.js';

/** The time limit for the metrics of a worker; after it, the last ones that it sent count. */
const ANSWER_LIMIT_MS = 1_000;

type Metric = object;

/** The metrics of all worker processes together: counts are summed up. */
export class WorkersMetrics {
  private readonly own = new Registry();
  private readonly answering = new Gauge({
    name: 'kittiwake_workers',
    help: 'Worker processes, by whether they say their metrics; of those that do not, what they said last counts.',
    labelNames: ['state'],
    registers: [this.own],
  });
  private readonly last = new WeakMap<Worker, readonly Metric[]>();
  private readonly waiting = new Map<Worker, Set<() => void>>();

  /** Takes the answer of a worker. @returns whether the message was one */
  took(worker: Worker, message: unknown): boolean {
    if (!isOwnMetrics(message)) return false;
    this.last.set(worker, message.ownMetrics);
    for (const resolve of this.waiting.get(worker) ?? []) resolve();
    return true;
  }

  /** The metrics in Prometheus' text format. Waits at most a second for a worker. */
  async text(workers: readonly Worker[]): Promise<string> {
    const answers = await Promise.all(workers.map((worker) => this.isAnswered(worker)));
    const count = answers.filter(Boolean).length;
    this.answering.set({ state: 'answering' }, count);
    this.answering.set({ state: 'silent' }, answers.length - count);
    const said = workers.map((worker) => [...(this.last.get(worker) ?? [])]);
    return `${await AggregatorRegistry.aggregate(said).metrics()}${await this.own.metrics()}`;
  }

  private async isAnswered(worker: Worker): Promise<boolean> {
    if (!worker.isConnected()) return false;
    const waiting = this.waiting.get(worker) ?? new Set();
    this.waiting.set(worker, waiting);
    return new Promise((resolve) => {
      const settle = (isAnswered: boolean): void => {
        clearTimeout(timer);
        waiting.delete(answered);
        if (waiting.size === 0) this.waiting.delete(worker);
        resolve(isAnswered);
      };
      const answered = (): void => settle(true);
      const timer = setTimeout(settle, ANSWER_LIMIT_MS, false);
      waiting.add(answered);
      worker.send(OWN_METRICS_REQUEST);
    });
  }
}
