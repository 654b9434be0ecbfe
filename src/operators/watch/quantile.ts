/** Counts up to upper bounds, each with those of the bounds below it, as histograms of Prometheus have them. */
export type Buckets = Readonly<Record<string, number>>;

/**
 * Estimates a quantile, as Prometheus does: within a bucket values are taken to be spread evenly.
 * @returns the highest bound for what is beyond; nothing where nothing was counted.
 */
export function quantile(share: number, buckets: Buckets): number | undefined {
  const bounds = Object.entries(buckets)
    .map(([bound, count]) => ({ bound: bound === '+Inf' ? Infinity : Number(bound), count }))
    .toSorted((a, b) => a.bound - b.bound);
  const wanted = share * (bounds.at(-1)?.count ?? 0);
  if (wanted === 0) return undefined;
  let below = { bound: 0, count: 0 };
  for (const here of bounds) {
    if (here.count >= wanted && here.bound !== Infinity)
      return below.bound + ((here.bound - below.bound) * (wanted - below.count)) / (here.count - below.count);
    if (here.bound !== Infinity) below = here;
  }
  return below.bound;
}
