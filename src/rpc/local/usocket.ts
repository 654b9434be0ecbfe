import { createRequire } from 'node:module';
import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';

type Written = (error?: Error | null) => void;

/** The part of a connection of `usocket` in use: a Duplex whose `end` and `destroy` do not wait for pending writes. */
export interface USocket extends Omit<Duplex, 'write' | 'end' | 'destroy'> {
  readonly fd: number;
  /** Undocumented: the native object, held only for {@link keepWhileClosing}. */
  readonly _wrap: unknown;
  write(
    chunk: { readonly data?: Buffer; readonly fds?: readonly number[] },
    encoding: null,
    callback: Written,
  ): void;
  end(): void;
  destroy(): void;
}

/** The part of a server of `usocket` in use. After an error it listens no more. */
export interface UServer extends EventEmitter {
  /** As of {@link USocket}; set by `listen`. */
  readonly _wrap: unknown;
  listen(path: string, backlog: number): void;
  close(): void;
}

/** The package `usocket`, which an operator installs to have descriptors passed. */
export interface USocketModule {
  readonly UServer: new () => UServer;
}

const closing = new Set<unknown>();

/**
 * Holds the native object of something closed until libuv is done with it, at the end of the turn of the event loop. If
 * it is collected earlier, the process may die of an assertion or a segmentation fault.
 */
export function keepWhileClosing(native: unknown): void {
  closing.add(native);
  setImmediate(() => setImmediate(() => closing.delete(native)));
}

/** Loads `usocket`. @returns undefined if it is not installed. @throws when it is, but cannot be loaded. */
export function loadUSocket(): USocketModule | undefined {
  const require = createRequire(import.meta.url);
  try {
    require.resolve('usocket');
  } catch {
    return undefined; // not installed
  }
  return require('usocket') as USocketModule;
}
