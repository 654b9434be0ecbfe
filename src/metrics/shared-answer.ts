/** An answer that is dear to make: made once for all who ask meanwhile, and given to others as long as it is fresh. */
export class SharedAnswer<Value> {
  private value: Promise<Value> | undefined;
  private freshUntilMs = 0;

  /** @param maxAgeMs how long it is given; 0: only to those who ask while it is made. */
  constructor(
    private readonly make: () => Promise<Value>,
    private readonly maxAgeMs: number,
  ) {}

  /** @throws what making it throws; then it is made again for whoever asks next. */
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
