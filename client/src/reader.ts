import { KittiwakeError } from './errors.js';
import type { ListenOptions } from './options.js';

export interface ReadOptions extends ListenOptions {
  /** How many may wait to be read. Default: 1,024. */
  readonly buffer?: number;
  /** What happens then: the reader ends with `reader_too_slow`, or loses the oldest, or all but the latest. */
  readonly overflow?: 'error' | 'drop-oldest' | 'latest';
}

interface Waiting<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/** What comes one by one, for `for await`. Leaving the loop ends it. */
export class Reader<T> implements AsyncIterableIterator<T> {
  readonly #options: ReadOptions;
  /** Is told once, when the reader ends for whatever reason. */
  readonly #ended: (reader: Reader<T>) => void;
  #values: T[] = [];
  #waiting: Waiting<T>[] = [];
  #isDone = false;
  #error: unknown;

  constructor(options: ReadOptions, ended: (reader: Reader<T>) => void) {
    this.#options = options;
    this.#ended = ended;
    const { signal } = options;
    if (signal?.aborted) this.end(signal.reason);
    else signal?.addEventListener('abort', this.#aborted, { once: true });
  }

  push(value: T): void {
    if (this.#isDone) return;
    const waiting = this.#waiting.shift();
    if (waiting) return waiting.resolve({ value, done: false });
    const { buffer = 1024, overflow = 'error' } = this.#options;
    if (this.#values.length >= buffer) {
      if (overflow === 'error') return this.end(new KittiwakeError('reader_too_slow'));
      this.#values.splice(0, overflow === 'latest' ? buffer : 1);
    }
    this.#values.push(value);
  }

  /** What has come before is still read; then comes the error, if there is one. */
  end(error?: unknown): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#error = error;
    this.#options.signal?.removeEventListener('abort', this.#aborted);
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if (this.#error === undefined) resolve({ value: undefined, done: true });
      else reject(this.#error);
      this.#error = undefined;
    }
    this.#ended(this);
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#values.length > 0) return Promise.resolve({ value: this.#values.shift()!, done: false });
    if (!this.#isDone) return new Promise((resolve, reject) => void this.#waiting.push({ resolve, reject }));
    const error = this.#error;
    this.#error = undefined;
    return error === undefined ? Promise.resolve({ value: undefined, done: true }) : Promise.reject(error);
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#values = [];
    this.end();
    this.#error = undefined;
    return Promise.resolve({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  readonly #aborted = (): void => {
    this.#values = [];
    this.end(this.#options.signal?.reason);
  };
}
