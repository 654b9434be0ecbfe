import type { ListenOptions } from './options.js';
import { ending, guarded } from './platform.js';

/** Ends a listener. Calling it again does nothing. */
export type Off = () => void;

/** Listeners by the names of what they hear. One that throws stops nobody. */
export interface Listeners<E extends { [K in keyof E]: unknown[] }> {
  readonly on: <K extends keyof E>(name: K, fn: (...args: E[K]) => void, options?: ListenOptions) => Off;
  readonly emit: <K extends keyof E>(name: K, ...args: E[K]) => void;
}

export function createListeners<E extends { [K in keyof E]: unknown[] }>(): Listeners<E> {
  const all: { [K in keyof E]?: Set<(...args: E[K]) => void> } = {};
  return {
    on(name, fn, { signal } = {}) {
      const named = (all[name] ??= new Set());
      const own: typeof fn = (...args) => fn(...args);
      named.add(own);
      return ending(() => named.delete(own), signal);
    },
    emit(name, ...args) {
      for (const fn of Array.from(all[name] ?? [])) guarded(() => fn(...args));
    },
  };
}
