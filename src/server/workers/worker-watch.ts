import type { Worker } from 'node:cluster';

/** The interval at which worker processes give a sign of life, and are checked for one. */
export const SIGN_OF_LIFE_MS = 1_000;
/** The time limit for the first sign of life of a worker, which has to load first. */
const LOADING_LIMIT_MS = 60_000;

/** Detects worker processes that hang: stopped, or caught in a loop. */
export class WorkerWatch {
  /** The time by which each has to give a sign of life, by `performance.now()`. */
  private readonly deadlines = new Map<Worker, number>();
  private lookedAtMs = performance.now();

  /** @param timeoutMs 0: no limit */
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
      // When this process was stopped or busy itself, it has not read the signs of life of that time either.
      if (missedMs > SIGN_OF_LIFE_MS) this.deadlines.set(worker, deadline + missedMs);
      else if (now > deadline) this.onSilent(worker);
    }
  }
}
