/** An answer that is costly to make: made once for all that ask meanwhile, and reused as long as it is fresh. */
export class SharedAnswer<Value> {
  private value: Promise<Value> | undefined;
  private freshUntilMs = 0;

  /** @param maxAgeMs the time for which it is reused; 0: only by those that ask while it is made. */
  constructor(
    private readonly make: () => Promise<Value>,
    private readonly maxAgeMs: number,
  ) {}

  /** @throws the error of making it; the next reader has it made again. */
  read(): Promise<Value> {
    if (this.value === undefined || performance.now() >= this.freshUntilMs) this.value = this.begin();
    return this.value;
  }

  private async begin(): Promise<Value> {
    this.freshUntilMs = Infinity;
    try {
      const value = await this.make();
      this.freshUntilMs = performance.now() + this.maxAgeMs;
      return value;
    } catch (error) {
      this.freshUntilMs = 0;
      throw error;
    }
  }
}
