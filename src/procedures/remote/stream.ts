/** The results of an answer that goes on. Ends its request at once when it is told to, also while a result is awaited. */
export class RemoteStream implements AsyncIterableIterator<unknown, void, void> {
  constructor(
    private readonly results: AsyncGenerator<unknown, void, void>,
    private readonly end: () => void,
  ) {}

  next(): Promise<IteratorResult<unknown, void>> {
    return this.results.next();
  }

  /** A generator that has not begun would not notice, and one that waits would first wait. */
  return(): Promise<IteratorResult<unknown, void>> {
    this.end();
    return this.results.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
