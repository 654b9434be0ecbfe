type Step = IteratorResult<unknown, unknown>;

/** A stream whose error goes through exception filters; if these return a value, it is the last result. */
export class FilteredResults implements AsyncIterableIterator<unknown, unknown, void> {
  constructor(
    private readonly results: AsyncIterator<unknown>,
    private readonly filter: (error: unknown) => Promise<unknown>,
  ) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<Step> {
    try {
      return await this.results.next();
    } catch (error) {
      return { done: true, value: await this.filter(error) };
    }
  }

  async return(): Promise<Step> {
    await this.results.return?.();
    return { done: true, value: undefined };
  }
}
