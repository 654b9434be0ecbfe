const LEAST_MS = 900;
/** The age at which a look says nothing of now. */
const MOST_MS = 60_000;

/** The growth of totals, from one look at them to the next. It keeps nothing up to date by itself. */
export class Rates {
  private totals: ReadonlyMap<string, number> = new Map();
  private atMs = -Infinity;
  private rates: ReadonlyMap<string, number> | undefined;

  /**
   * The growth of each of the totals, per second. Who asks again within a second is given the same.
   * @returns nothing at the first look for a minute.
   */
  of(totals: ReadonlyMap<string, number>, nowMs: number): ReadonlyMap<string, number> | undefined {
    const elapsedMs = nowMs - this.atMs;
    if (elapsedMs < LEAST_MS) return this.rates;
    const { totals: before } = this;
    const perSecond = (name: string, total: number): number =>
      (1_000 * Math.max(0, total - (before.get(name) ?? 0))) / elapsedMs;
    this.rates =
      elapsedMs > MOST_MS
        ? undefined
        : new Map([...totals].map(([name, total]) => [name, perSecond(name, total)]));
    this.totals = totals;
    this.atMs = nowMs;
    return this.rates;
  }
}
