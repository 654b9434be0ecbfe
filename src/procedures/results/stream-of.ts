import { isObservable } from 'rxjs';
import { ObservedResults } from './observed-results.js';

/**
 * The results of what a procedure returned, if that is a stream: an async generator, iterator or iterable (such as a
 * readable of Node), the iterator of a plain generator function, or an Observable. Lists, maps, texts and all else are
 * one result.
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

/** A plain iterator, asked for one result at a time. */
function inTurn(results: Iterator<unknown>): AsyncIterator<unknown> {
  return {
    next: async () => results.next(),
    return: async () => results.return?.() ?? { done: true, value: undefined },
  };
}
