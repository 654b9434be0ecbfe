import { createRequire } from 'node:module';
import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';

type Written = (error?: Error | null) => void;

/** What we use of a connection of `usocket`. It is a Duplex whose `end` and `destroy` do not wait for what is written. */
export interface USocket extends Omit<Duplex, 'write' | 'end' | 'destroy'> {
  readonly fd: number;
  /** Not documented: the native half. It is only kept, see {@link keepWhileClosing}. */
  readonly _wrap: unknown;
  write(
    chunk: { readonly data?: Buffer; readonly fds?: readonly number[] },
    encoding: null,
    callback: Written,
  ): void;
  end(): void;
  destroy(): void;
}

/** What we use of its server. After an error it listens no more. */
export interface UServer extends EventEmitter {
  /** As of {@link USocket}; there once it has been told to listen. */
  readonly _wrap: unknown;
  listen(path: string, backlog: number): void;
  close(): void;
}

/** The package `usocket`, which operators install who want descriptors to be passed. */
export interface USocketModule {
  readonly UServer: new () => UServer;
}

const closing = new Set<unknown>();

/**
 * Keeps the native half of what is closed: its memory is not to be collected before libuv is done with it, at the end of the
 * turn of the event loop. Otherwise the process ends now and then, with an assertion or a segmentation fault.
 */
export function keepWhileClosing(native: unknown): void {
  closing.add(native);
  setImmediate(() => setImmediate(() => closing.delete(native)));
}

/** @returns nothing where it is not installed. @throws when it is, and does not work. */
export function loadUSocket(): USocketModule | undefined {
  const require = createRequire(import.meta.url);
  try {
    require.resolve('usocket');
  } catch {
    return undefined; // nobody has installed it
  }
  return require('usocket') as USocketModule;
}
