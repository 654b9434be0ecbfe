import { Gauge, type Registry } from 'prom-client';
import { Totals } from './totals.js';

/**
 * The outcome of a kept call: `ended`, however; `abandoned`: nobody watched it any more; `lost`: with its node;
 * `handed_over`, `taken_over`: from one node to another.
 */
export type KeptCallOutcome = 'ended' | 'abandoned' | 'lost' | 'handed_over' | 'taken_over';

/** Calls that outlive their connections. */
export class KeptCallMetrics {
  private readonly outcomes: Totals;
  private readonly watches: Totals;
  private running: () => number = () => 0;
  private watchers: () => number = () => 0;

  constructor(registry: Registry) {
    const totals = (name: string, help: string): Totals => new Totals(registry, { name, help }, ['outcome']);
    this.outcomes = totals('kittiwake_kept_calls_total', 'Kept calls that have left this node, by outcome.');
    this.watches = totals(
      'kittiwake_kept_call_watches_total',
      'Clients that came for a kept call, by outcome.',
    );
    const gauge = (name: string, help: string, count: () => number): void => {
      const made: Gauge = new Gauge({ name, help, registers: [registry], collect: () => made.set(count()) });
    };
    gauge('kittiwake_kept_calls_running', 'Kept calls that this node runs.', () => this.running());
    gauge('kittiwake_kept_call_watchers', 'Clients that follow a kept call on this node.', () =>
      this.watchers(),
    );
  }

  /** @param count of the calls that this node runs. */
  countRunning(count: () => number): void {
    this.running = count;
  }

  /** @param count of those who watch a call on this node. */
  countWatchers(count: () => number): void {
    this.watchers = count;
  }

  over(outcome: KeptCallOutcome): void {
    this.outcomes.add(1, outcome);
  }

  /** @param outcome `watching`, or the code of the error. */
  watched(outcome: string): void {
    this.watches.add(1, outcome);
  }
}
