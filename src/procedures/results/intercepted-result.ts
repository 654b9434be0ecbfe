import { isObservable, type Observable, tap } from 'rxjs';
import { Demand } from './demand.js';
import { ObservedResults } from './observed-results.js';
import { pulledResults } from './pulled-results.js';
import { streamOf } from './stream-of.js';

/**
 * The result of a call on its way through interceptors. To them everything is an Observable: a stream of many values, a
 * plain result of one. Behind them it is again what the handler returned; of a handler that was not asked, what its
 * signature says.
 */
export class InterceptedResult {
  private readonly demand = new Demand();
  private isStream: boolean | undefined;
  private decide!: () => void;
  private readonly decided = new Promise<void>((resolve) => (this.decide = resolve));

  constructor(
    private readonly signal: AbortSignal,
    private readonly isStreamExpected: boolean,
  ) {}

  /** @returns what the interceptors are given of what the handler returned. */
  returned(value: unknown): unknown {
    const stream = isObservable(value) ? value : this.observed(value);
    this.isStream = stream !== undefined;
    this.decide();
    return stream ?? value;
  }

  /** @returns what has become of it behind the interceptors. */
  async follow(observable: Observable<unknown>): Promise<unknown> {
    const decide = (): void => this.decide();
    const results = new ObservedResults(
      observable.pipe(tap({ next: decide, error: decide, complete: decide })),
      this.demand,
    );
    const stop = (): void => {
      void results.return();
      decide();
    };
    this.signal.addEventListener('abort', stop, { once: true });
    results.start();
    await this.decided;
    return (this.isStream ?? this.isStreamExpected) ? results : lastOf(results);
  }

  private observed(value: unknown): Observable<unknown> | undefined {
    const results = streamOf(value);
    return results && pulledResults(results, this.demand);
  }
}

async function lastOf(results: ObservedResults): Promise<unknown> {
  let last: unknown;
  for (;;) {
    const { done, value } = await results.next();
    if (done) return last;
    last = value;
  }
}
