/**
 * Tells a stream that nothing more is wanted of it. That is not waited for: a generator that takes no notice of its
 * signal ends when it next gives a result, if ever, and nobody is left to be told of what fails on the way.
 */
export function stopResults(results: AsyncIterator<unknown>): void {
  try {
    Promise.resolve(results.return?.()).catch(() => undefined);
  } catch {
    // as above
  }
}
