/**
 * Calls `return()` on a stream without waiting for it: a generator that ignores its signal ends only when it next
 * yields a result, if ever. Errors are dropped, for no caller is left to hear of them.
 */
export function stopResults(results: AsyncIterator<unknown>): void {
  try {
    Promise.resolve(results.return?.()).catch(() => undefined);
  } catch {
    // as above
  }
}
