import type { Registry } from 'prom-client';
import { Totals } from './totals.js';

/** The outcome of a client's coming back with a position. */
export type RecoveryOutcome = 'recovered' | 'position_lost' | 'gap_too_long' | 'filled' | 'unavailable';

/** The use of histories. */
export class HistoryMetrics {
  private readonly recoveries: Totals;
  private readonly replayed: Totals;
  private readonly reads: Totals;
  private readonly catchUps: Totals;
  private readonly resets: Totals;
  private readonly unsequenced: Totals;
  private readonly repeats: Totals;
  private readonly epochs: Totals;

  constructor(registry: Registry) {
    const totals = (name: string, help: string, label?: string): Totals =>
      new Totals(registry, { name: `kittiwake_history_${name}_total`, help }, label ? [label] : undefined);
    this.recoveries = totals('recoveries', 'Clients that came back with a position, by outcome.', 'outcome');
    this.replayed = totals('replayed', 'Publications that clients had missed and were sent.');
    this.reads = totals('reads', 'Reads of the history of a channel, by reason.', 'reason');
    this.catchUps = totals('catch_ups', 'Times that this node caught up on a channel.');
    this.resets = totals('resets', 'Times that publications of a channel may have been lost for this node.');
    this.unsequenced = totals(
      'unsequenced',
      'Publications without a place in the history that came on a channel with one, by what became of them.',
      'policy',
    );
    this.repeats = totals(
      'repeats',
      'Publications that were recognised as repeats by their idempotency key.',
    );
    this.epochs = totals('epochs', 'Times that this node has had the histories in Redis begin an epoch.');
  }

  recovered(outcome: RecoveryOutcome, publications = 0): void {
    this.recoveries.add(1, outcome);
    if (publications > 0) this.replayed.add(publications);
  }

  read(reason: 'open' | 'catch_up' | 'recovery' | 'request'): void {
    this.reads.add(1, reason);
    if (reason === 'catch_up') this.catchUps.add(1);
  }

  reset(): void {
    this.resets.add(1);
  }

  cameUnsequenced(policy: string): void {
    this.unsequenced.add(1, policy);
  }

  repeated(): void {
    this.repeats.add(1);
  }

  epochBegan(): void {
    this.epochs.add(1);
  }
}
