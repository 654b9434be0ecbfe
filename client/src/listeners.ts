import type { ListenOptions } from './options.js';
import { guarded, onAbort } from './platform.js';

/** Ends a listener. Calling it again does nothing. */
export type Off = () => void;

/** Listeners by the names of what they hear. One that throws stops nobody. */
export class Listeners<E extends { [K in keyof E]: unknown[] }> {
  #all: { [K in keyof E]?: Set<(...args: E[K]) => void> } = {};

  on<K extends keyof E>(name: K, fn: (...args: E[K]) => void, { signal }: ListenOptions = {}): Off {
    const all = (this.#all[name] ??= new Set());
    const own: typeof fn = (...args) => fn(...args);
    all.add(own);
    const forget = onAbort(signal, () => all.delete(own));
    return () => {
      all.delete(own);
      forget();
    };
  }

  emit<K extends keyof E>(name: K, ...args: E[K]): void {
    for (const fn of Array.from(this.#all[name] ?? [])) guarded(() => fn(...args));
  }

  clear(): void {
    this.#all = {};
  }
}
