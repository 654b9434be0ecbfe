/** The results of a streamed answer. `return()` ends the request at once, even while a result is awaited. */
export class RemoteStream implements AsyncIterableIterator<unknown, void, void> {
  constructor(
    private readonly results: AsyncGenerator<unknown, void, void>,
    private readonly end: () => void,
  ) {}

  next(): Promise<IteratorResult<unknown, void>> {
    return this.results.next();
  }

  /** Ends the request itself: a generator that has not begun would not do it, and one that waits would not yet. */
  return(): Promise<IteratorResult<unknown, void>> {
    this.end();
    return this.results.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
