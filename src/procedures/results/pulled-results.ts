import { Observable, type Subscriber } from 'rxjs';
import type { Demand } from './demand.js';
import { stopResults } from './stop-results.js';

/** Makes an Observable of an iterator; it asks for the next result only on demand. */
export function pulledResults(results: AsyncIterator<unknown>, demand: Demand): Observable<unknown> {
  return new Observable((subscriber) => {
    pull(results, demand, subscriber).catch((error: unknown) => subscriber.error(error));
    return () => stopResults(results);
  });
}

async function pull(
  results: AsyncIterator<unknown>,
  demand: Demand,
  subscriber: Subscriber<unknown>,
): Promise<void> {
  while (!subscriber.closed) {
    await demand.wanted();
    if (subscriber.closed) return;
    const { done, value } = await results.next();
    if (!done) {
      subscriber.next(value);
      continue;
    }
    demand.isLast = true;
    if (value !== undefined) subscriber.next(value);
    subscriber.complete();
  }
}
