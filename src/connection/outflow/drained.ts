import type { Sink } from './sink.js';

/** Settles when a sink, which is full, has drained, or when the signal is aborted. */
export function drained(sink: Sink, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      sink.offDrained(done);
      ended.removeEventListener('abort', done);
      resolve();
    };
    sink.onceDrained(done);
    ended.addEventListener('abort', done);
  });
}
