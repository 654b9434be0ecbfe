/// <reference lib="esnext.disposable" preserve="true" />

/** The least that an `AbortSignal` has, where no types of a platform are loaded. */
export interface SignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** The platform's `AbortSignal`: of the browser, of Node, or what such a thing has at least. */
export type Signal = typeof globalThis extends { AbortSignal: { prototype: infer S } } ? S : SignalLike;

/** The common part of the browser's `WebSocket` and that of `ws`. */
export interface WebSocketLike {
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

/** The part of `fetch` in use. */
export type FetchLike = (
  url: string,
  init: {
    method: string;
    body: string | null;
    headers: Record<string, string>;
    credentials: 'omit' | 'same-origin' | 'include';
    keepalive: boolean;
    signal: Signal | null;
  },
) => Promise<HttpAnswer>;

/** The part of a `Response` in use. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: {
    getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }> };
  } | null;
}

/** Whatever tells events: `window`, `document`, the global object of a worker. */
export interface EventsLike {
  addEventListener?(
    type: string,
    listener: (event: { persisted?: boolean }) => void,
    options: { signal: Signal },
  ): void;
}

/** The few globals in use, each of which may be missing. */
interface Platform extends EventsLike {
  readonly AbortController: new () => { readonly signal: Signal; abort(reason?: unknown): void };
  readonly WebSocket?: new (url: string, protocols: string) => WebSocketLike;
  readonly URL: new (url: string, base?: string) => { readonly href: string };
  readonly fetch?: FetchLike;
  readonly TextDecoder: new () => {
    decode(bytes: Uint8Array | undefined, options: { stream: boolean }): string;
  };
  readonly sessionStorage?: {
    getItem(key: string): string | null;
    setItem(key: string, text: string): void;
    removeItem(key: string): void;
  };
  readonly crypto?: { getRandomValues(bytes: Uint8Array): Uint8Array };
  readonly performance: { now(): number };
  readonly console: { readonly error: (...what: unknown[]) => void };
  readonly document?: EventsLike & { readonly visibilityState?: string };
  readonly location?: { readonly href: string };
  queueMicrotask(task: () => void): void;
  setTimeout(task: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  readonly reportError?: (error: unknown) => void;
}

export const platform = globalThis as unknown as Platform;

/** `Symbol.dispose`, or what polyfills of it agree on. */
export const DISPOSE: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');

/** Calls once when a signal is aborted, at once if it is. @returns what ends that. */
export function onAbort(signal: Signal | undefined, aborted: () => void): () => void {
  if (signal?.aborted) aborted();
  else signal?.addEventListener('abort', aborted, { once: true });
  return () => signal?.removeEventListener('abort', aborted);
}

/** A way to end something, as the signal is too. @param end may be called twice. */
export function ending(end: () => void, signal: Signal | undefined): () => void {
  const forget = onAbort(signal, end);
  return () => {
    forget();
    end();
  };
}

/**
 * A promise that `look` settles, which is asked at once and whenever something has changed.
 * @throws the reason of the signal.
 */
export async function awaited<T>(
  changes: (changed: () => void) => () => void,
  look: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
  signal: Signal | undefined,
): Promise<T> {
  let off: (() => void) | undefined;
  let forget: (() => void) | undefined;
  try {
    return await new Promise<T>((resolve, reject) => {
      const ask = (): void => look(resolve, reject);
      off = changes(ask);
      forget = onAbort(signal, () => reject(signal!.reason));
      ask();
    });
  } finally {
    off?.();
    forget?.();
  }
}

/** Runs a function of the user: what it throws stops nobody else. */
export function guarded(task: () => void): void {
  try {
    task();
  } catch (error) {
    report(error);
  }
}

/** Tells of an error that nobody can catch. */
export function report(error: unknown): void {
  (platform.reportError ?? platform.console.error)(error);
}
