import { isObservable } from 'rxjs';
import { ObservedResults } from './observed-results.js';

/**
 * Reads a procedure's return value as a stream, if it is one: an async generator, iterator or iterable (such as a
 * `Readable`), the iterator of a plain generator function, or an Observable. Lists, maps, texts and all else are one
 * result: `undefined`.
 */
export function streamOf(value: unknown): AsyncIterator<unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (isAsyncIterable(value)) return isIterator(value) ? value : value[Symbol.asyncIterator]();
  if (isObservable(value)) return new ObservedResults(value);
  return Symbol.iterator in value && isIterator(value)
    ? inTurn(value as unknown as Iterator<unknown>)
    : undefined;
}

function isAsyncIterable(value: object): value is AsyncIterable<unknown> {
  return Symbol.asyncIterator in value;
}

function isIterator(value: object): value is AsyncIterator<unknown> {
  return 'next' in value && typeof value.next === 'function';
}

/** Makes an async iterator of a plain one. */
function inTurn(results: Iterator<unknown>): AsyncIterator<unknown> {
  return {
    next: async () => results.next(),
    return: async () => results.return?.() ?? { done: true, value: undefined },
  };
}
