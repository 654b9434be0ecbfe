import { Counter, type Registry } from 'prom-client';

/** The name and the help text of a counter. */
interface CounterNames {
  readonly name: string;
  readonly help: string;
}

/** The names of the labels: one or two. */
type Labels = readonly [first: string, second?: string];

/**
 * A counter of frequent events: plain numbers, which prom-client gets at a scrape. Counting with its labels takes a
 * third of a microsecond, where a whole publication to few subscribers may take ten.
 */
export class Totals {
  private readonly totals = new Map<string, Map<string, number>>();
  private readonly counter: Counter;

  constructor(
    registry: Registry,
    names: CounterNames,
    private readonly labels?: Labels,
  ) {
    const collect = (): void => this.report();
    const labelNames = labels?.filter((label) => label !== undefined) ?? [];
    this.counter = new Counter({ ...names, labelNames, registers: [registry], collect });
  }

  /** @param first and `second`: the values of the labels. */
  add(count: number, first = '', second = ''): void {
    let totals = this.totals.get(first);
    if (!totals) {
      totals = new Map();
      this.totals.set(first, totals);
    }
    totals.set(second, (totals.get(second) ?? 0) + count);
  }

  private report(): void {
    this.counter.reset();
    for (const [first, totals] of this.totals)
      for (const [second, total] of totals) this.counter.inc(this.labelled(first, second), total);
  }

  private labelled(first: string, second: string): Record<string, string> {
    if (this.labels === undefined) return {};
    const [firstName, secondName] = this.labels;
    return secondName === undefined ? { [firstName]: first } : { [firstName]: first, [secondName]: second };
  }
}
