import { setImmediate as turn } from 'node:timers/promises';

/** The time in which work goes on before all else has its turn. */
const SLICE_MS = 5;

/** Does something with each of many, in slices of time: all else goes on between them. */
export async function inSlices<Item>(items: Iterable<Item>, work: (item: Item) => void): Promise<void> {
  let endsAtMs = performance.now() + SLICE_MS;
  for (const item of items) {
    if (performance.now() >= endsAtMs) {
      await turn();
      endsAtMs = performance.now() + SLICE_MS;
    }
    work(item);
  }
}
