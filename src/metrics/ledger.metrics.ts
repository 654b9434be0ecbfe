import { Gauge, type Registry } from 'prom-client';
import { Totals } from './totals.js';

/** The use of the ledger of leases. */
export class LedgerMetrics {
  private readonly up: Gauge;
  private readonly records: Gauge;
  private count: () => number = () => 0;
  private readonly ends: Totals;
  private readonly nodes: Totals;
  private readonly fences: Totals;

  constructor(registry: Registry) {
    const totals = (name: string, help: string, label?: string): Totals =>
      new Totals(registry, { name: `kittiwake_ledger_${name}_total`, help }, label ? [label] : undefined);
    this.up = new Gauge({
      name: 'kittiwake_ledger_up',
      help: 'Whether the ledger of what has begun can be written, 1 or 0; 1 as well where there is none.',
      registers: [registry],
    });
    this.up.set(1);
    this.records = new Gauge({
      name: 'kittiwake_ledger_records',
      help: 'What has begun on this node and is in the ledger, or on its way there.',
      registers: [registry],
      collect: () => this.records.set(this.count()),
    });
    this.ends = totals('ends', 'Ends of other nodes that the app was to be told of, by outcome.', 'outcome');
    this.nodes = totals('nodes', 'Nodes that were gone, whose ends this node has begun to tell.');
    this.fences = totals(
      'fenced',
      'Times that this node was paused for longer than its lease, and closed its clients.',
    );
  }

  /** @param count gives the number of records of this node. */
  countRecords(count: () => number): void {
    this.count = count;
  }

  reached(isReached: boolean): void {
    this.up.set(isReached ? 1 : 0);
  }

  told(count: number): void {
    this.ends.add(count, 'told');
  }

  dropped(count: number): void {
    this.ends.add(count, 'dropped');
  }

  swept(): void {
    this.nodes.add(1);
  }

  fenced(): void {
    this.fences.add(1);
  }
}
