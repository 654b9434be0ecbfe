import { KittiwakeError } from './errors.js';
import type { ListenOptions } from './options.js';
import { onAbort } from './platform.js';

export interface ReadOptions extends ListenOptions {
  /** Values that may wait to be read. Default: 1,024. */
  readonly buffer?: number;
  /** The outcome then: the reader ends with `reader_too_slow`, or loses the oldest, or all but the latest. */
  readonly overflow?: 'error' | 'drop-oldest' | 'latest';
}

/** Values one by one, for `for await`. Leaving the loop ends it. */
export interface Reader<T> extends AsyncGenerator<T, undefined, undefined> {
  readonly push: (value: T) => void;
  /** All before it is still read; then comes the error, if there is one. */
  readonly end: (error?: unknown) => void;
}

/** @param ended is called once, when the reader ends for whatever reason. */
export function createReader<T>(
  { signal, buffer = 1024, overflow = 'error' }: ReadOptions,
  ended: () => void,
): Reader<T> {
  let values: T[] = [];
  let wake: (() => void) | undefined;
  let off: (() => void) | undefined;
  let isDone = false;
  let failure: unknown;

  async function* read(): AsyncGenerator<T, undefined, undefined> {
    for (;;) {
      if (values.length) yield values.shift()!;
      else if (isDone) break;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
    if (failure) throw failure as Error;
    return undefined;
  }

  const end = (error?: unknown): void => {
    if (isDone) return;
    isDone = true;
    failure = error;
    wake?.();
    off?.();
    ended();
  };
  const reader: Reader<T> = Object.assign(read(), {
    end,
    push(value: T) {
      if (isDone) return;
      if (values.length >= buffer) {
        if (overflow === 'error') return end(new KittiwakeError('reader_too_slow'));
        values.splice(0, overflow === 'latest' ? buffer : 1);
      }
      values.push(value);
      wake?.();
    },
    return() {
      values = [];
      end();
      failure = undefined;
      return reader.next();
    },
  });
  off = onAbort(signal, () => {
    values = [];
    end(signal!.reason);
  });
  return reader;
}
