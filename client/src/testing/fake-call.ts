type Told = (reply: object) => void;

/** A call that is kept: it runs by itself, whoever watches it, and everything of it is kept for ever. */
export class FakeCall {
  readonly #replies: object[] = [];
  readonly #watchers = new Set<Told>();
  #isOver = false;

  constructor(
    readonly id: string,
    run: () => unknown,
  ) {
    void this.#run(run).catch((error: unknown) => this.#end(failure(error)));
  }

  /** Whether all is there that came after a position. */
  has(position: unknown): boolean {
    const after = Number(position ?? 0);
    return after >= 0 && after <= this.#replies.length;
  }

  /** Tells what came after a position, and what comes. @returns what ends that. */
  watch(after: number, told: Told): () => boolean {
    const missed = this.#replies.slice(after);
    if (this.#isOver && !missed.length) missed.push({ status: 'ok', position: `${after}` });
    missed.forEach((reply) => told(reply));
    if (!this.#isOver) this.#watchers.add(told);
    return () => this.#watchers.delete(told);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  cancel(): void {
    this.#end({ status: 'error', error: 'call_cancelled', code: 'call_cancelled' });
  }

  async #run(run: () => unknown): Promise<void> {
    let data = await run();
    if (isStream(data)) {
      const items = data[Symbol.asyncIterator]();
      let item = await items.next();
      for (; !item.done && !this.#isOver; item = await items.next())
        this.#tell({ data: item.value, more: true });
      data = item.value;
      if (this.#isOver) await items.return?.();
    }
    this.#end({ status: 'ok', ...(data !== undefined && { data }) });
  }

  #end(reply: object): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#tell(reply);
    this.#watchers.clear();
  }

  #tell(members: object): void {
    const reply = { status: 'ok', ...members, position: `${this.#replies.length + 1}` };
    this.#replies.push(reply);
    this.#watchers.forEach((told) => told(reply));
  }
}

/** The reply for an error. */
export function failure(error: unknown): object {
  const { code = 'procedure_failed', message } = error as { code?: string; message?: string };
  return { status: 'error', error: message, code };
}

export const isStream = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
