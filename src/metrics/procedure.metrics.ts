import { Gauge, Histogram } from 'prom-client';
import type { MetricsRegistry } from './metrics-registry.js';

const CALL_SECONDS = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];
/** The label of calls of unknown procedures, as clients could make up names without end. */
const UNKNOWN = 'unknown';

/** The end of a call. `cancelled`: its caller is gone, or wants no more of it. */
export type CallOutcome = 'success' | 'error' | 'cancelled';

/** The calls of procedures, over any transport. */
export class ProcedureMetrics {
  private readonly running = new Map<string, number>();
  private readonly seconds: Histogram<'procedure' | 'outcome'>;

  constructor(registers: MetricsRegistry[]) {
    this.seconds = new Histogram({
      name: 'kittiwake_procedure_seconds',
      help: 'Calls of procedures, and how long they took to the end of their streams, by procedure and outcome.',
      labelNames: ['procedure', 'outcome'],
      buckets: CALL_SECONDS,
      registers,
    });
    const gauge: Gauge<'procedure'> = new Gauge({
      name: 'kittiwake_procedure_calls_running',
      help: 'Calls that have not ended, by procedure.',
      labelNames: ['procedure'],
      registers,
      collect: () => {
        for (const [procedure, count] of this.running) gauge.set({ procedure }, count);
      },
    });
  }

  /** Counts a call that begins. @returns a function to be called at its end. */
  begin(procedure: string): (outcome: CallOutcome) => void {
    const startedMs = performance.now();
    this.count(procedure, 1);
    return (outcome) => {
      this.count(procedure, -1);
      this.seconds.observe({ procedure, outcome }, (performance.now() - startedMs) / 1000);
    };
  }

  /** Counts a call that did not begin. @param procedure absent where there is none, or none for the caller. */
  refused(procedure = UNKNOWN): void {
    this.seconds.observe({ procedure, outcome: 'error' }, 0);
  }

  private count(procedure: string, change: 1 | -1): void {
    this.running.set(procedure, (this.running.get(procedure) ?? 0) + change);
  }
}
