import type { Registry } from 'prom-client';
import { Totals } from './totals.js';

/** The refusals, and those that would have been. */
export class RefusalMetrics {
  private readonly refusals: Totals;
  private readonly dryRuns: Totals;

  constructor(registry: Registry) {
    this.refusals = new Totals(
      registry,
      {
        name: 'kittiwake_refusals_total',
        help: 'What clients and services were refused, and connections that the gateway closed, by kind.',
      },
      ['kind'],
    );
    this.dryRuns = new Totals(
      registry,
      {
        name: 'kittiwake_limits_dry_run_total',
        help: 'What limits in a dry run would have refused, by limit.',
      },
      ['limit'],
    );
  }

  /** @param kind one of a closed list: the code of an error, or the name of a close reason. */
  made(kind: string): void {
    this.refusals.add(1, kind);
  }

  /** @param limit the name of its setting. */
  inDryRun(limit: string): void {
    this.dryRuns.add(1, limit);
  }
}
