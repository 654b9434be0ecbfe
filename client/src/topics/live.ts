import type { KittiwakeError } from '../errors.js';
import { createListeners, type Off } from '../listeners.js';
import { DISPOSE } from '../platform.js';
import type { Status } from './topic-event.js';
import type { Topic } from './topic.js';

/** The value of a store. A new object whenever something has changed, and the same one until then. */
export interface Snapshot<T> {
  readonly data: T | undefined;
  readonly status: Status;
  readonly error: KittiwakeError | undefined;
}

/** State and updates of a topic as one value: a store as Svelte, React, Vue and Solid take it. */
export interface Live<T> extends Disposable {
  readonly value: Snapshot<T>;
  /** Hears of the value now, and of each new one. */
  subscribe(fn: (value: Snapshot<T>) => void): Off;
}

/**
 * Follows a topic, which stays whose it is.
 * @param apply what an update makes of the data. It may not change what it is given.
 * @param start what a state makes of it; default: the state is the data.
 */
export function live<St, U>(topic: Topic<St, U>, apply: (data: St, update: U) => St): Live<St>;
export function live<St, U, T>(
  topic: Topic<St, U>,
  apply: (data: T, update: U) => T,
  start: (state: St) => T,
): Live<T>;
export function live<U>(
  topic: Topic<unknown, U>,
  apply: (data: unknown, update: U) => unknown,
  start: (state: unknown) => unknown = (state) => state,
): Live<unknown> {
  const listeners = createListeners<{ value: [Snapshot<unknown>] }>();
  let value: Snapshot<unknown> = { data: undefined, status: topic.status, error: topic.error };
  const turn = (changed: Partial<Snapshot<unknown>>): void => {
    value = { ...value, ...changed };
    listeners.emit('value', value);
  };
  const ends = [
    topic.on('event', (event) => {
      if (event.type === 'state') turn({ data: start(event.state) });
      else if (event.type === 'update') turn({ data: apply(value.data, event.data) });
    }),
    topic.on('status', (status, error) => turn({ status, error })),
  ];
  return {
    get value() {
      return value;
    },
    subscribe: (fn) => {
      fn(value);
      return listeners.on('value', fn);
    },
    [DISPOSE]: () => ends.forEach((end) => end()),
  };
}
