import { isObservable, type Observable, tap } from 'rxjs';
import { Demand } from './demand.js';
import { ObservedResults } from './observed-results.js';
import { pulledResults } from './pulled-results.js';
import { streamOf } from './stream-of.js';

/**
 * The result of a call on its way through interceptors. They see every result as an Observable: a stream has many
 * values, a plain result one. After them it is again of the handler's kind, stream or plain; if an interceptor did not
 * call the handler, of the kind that its signature declares.
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

  /** Takes the handler's result. @returns the value for the interceptors. */
  returned(value: unknown): unknown {
    const stream = isObservable(value) ? value : this.observed(value);
    this.isStream = stream !== undefined;
    this.decide();
    return stream ?? value;
  }

  /** Reads the Observable of the interceptors. @returns the stream or the plain result that they made. */
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
