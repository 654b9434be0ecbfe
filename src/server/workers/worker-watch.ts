import type { Worker } from 'node:cluster';

/** How often a worker process gives a sign of life, and how often it is looked for. */
export const SIGN_OF_LIFE_MS = 1_000;
/** How long a worker may load before its first sign of life. */
const LOADING_LIMIT_MS = 60_000;

/** Finds worker processes that are there and do nothing any more: stopped, or caught in a loop. */
export class WorkerWatch {
  /** By when each has to give a sign of life. */
  private readonly deadlines = new Map<Worker, number>();
  private lookedAtMs = performance.now();

  /** @param timeoutMs 0: nobody is too silent */
  constructor(
    private readonly timeoutMs: number,
    private readonly onSilent: (worker: Worker) => void,
  ) {
    if (timeoutMs > 0) setInterval(() => this.look(), SIGN_OF_LIFE_MS).unref();
  }

  add(worker: Worker): void {
    this.deadlines.set(worker, performance.now() + LOADING_LIMIT_MS);
  }

  remove(worker: Worker): void {
    this.deadlines.delete(worker);
  }

  heard(worker: Worker): void {
    if (this.deadlines.has(worker)) this.deadlines.set(worker, performance.now() + this.timeoutMs);
  }

  private look(): void {
    const now = performance.now();
    const missedMs = now - this.lookedAtMs - SIGN_OF_LIFE_MS;
    this.lookedAtMs = now;
    for (const [worker, deadline] of this.deadlines) {
      // Whoever was stopped itself, or had no time to look, has not heard what was said meanwhile either.
      if (missedMs > SIGN_OF_LIFE_MS) this.deadlines.set(worker, deadline + missedMs);
      else if (now > deadline) this.onSilent(worker);
    }
  }
}
