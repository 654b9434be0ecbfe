import { Observable, Subject, takeUntil } from 'rxjs';
import { Fifo } from '../../base/fifo.js';
import { Demand } from './demand.js';

/** Results that may wait to be read: an Observable knows no backpressure. */
const MAX_WAITING = 100_000;

type Step = IteratorResult<unknown, unknown>;

/**
 * The values of an Observable as an async iterator. It subscribes when the first is asked for, and unsubscribes with
 * `return()`. Values that nobody has asked for yet wait; when more than 100,000 do, the iterator fails.
 */
export class ObservedResults implements AsyncIterableIterator<unknown, unknown, void> {
  private readonly waiting = new Fifo<unknown>();
  private readonly stopped = new Subject<void>();
  private isStarted = false;
  private asker: { resolve(step: Step): void; reject(error: unknown): void } | undefined;
  private end: { readonly error?: unknown } | undefined;

  /** @param demand the signal to the producer of the values, if it waits for one. */
  constructor(
    private readonly observable: Observable<unknown>,
    private readonly demand = new Demand(),
  ) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Step> {
    return new Promise((resolve, reject) => {
      this.asker = { resolve, reject };
      this.start();
      this.answer();
      if (this.asker) this.demand.want();
    });
  }

  return(): Promise<Step> {
    this.waiting.clear();
    this.stopped.next();
    this.finish({});
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Subscribes, once. */
  start(): void {
    if (this.isStarted) return;
    this.isStarted = true;
    this.observable.pipe(takeUntil(this.stopped)).subscribe({
      next: (value) => this.add(value),
      error: (error) => this.finish({ error }),
      complete: () => this.finish({}),
    });
  }

  private add(value: unknown): void {
    this.demand.satisfied();
    this.waiting.push(value);
    this.answer();
    if (this.waiting.length <= MAX_WAITING) return;
    this.finish({ error: new Error(`more than ${MAX_WAITING} values of an Observable wait to be read`) });
    this.stopped.next();
  }

  private finish(end: { readonly error?: unknown }): void {
    this.end ??= end;
    this.answer();
  }

  private answer(): void {
    const { asker } = this;
    if (!asker || !(this.canGive || this.end)) return;
    this.asker = undefined;
    if (this.waiting.length > 0) asker.resolve(this.take());
    else if (this.end && 'error' in this.end) {
      asker.reject(this.end.error);
      this.end = {};
    } else asker.resolve({ done: true, value: undefined });
  }

  /** The last value is returned with `done`, so one is held back until the Observable completes. */
  private get canGive(): boolean {
    return this.waiting.length > (this.demand.isLast ? 1 : 0);
  }

  private take(): Step {
    const value = this.waiting.shift();
    const hasCompleted = this.end !== undefined && !('error' in this.end);
    return { done: this.demand.isLast && hasCompleted && this.waiting.length === 0, value };
  }
}
