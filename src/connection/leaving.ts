import { monotonicMs } from '../base/monotonic-ms.js';
import { settlesWithin } from '../base/time-limit.js';
import type { Swept, Wheel } from './wheel.js';

/** What is left of a connection that has ended. */
export interface Leaver {
  /** Destroys the socket. */
  terminate(): void;
}

/**
 * Connections that have ended, until their sockets are closed: by their clients or, of those that do not answer, after a
 * time by us.
 */
export class Leaving implements Swept {
  /** See {@link Swept.slot}. */
  slot = 0;
  /** All have the same time, so that they are in the order in which it ends. */
  private readonly dueAtMs = new Map<Leaver, number>();
  private whenEmpty: (() => void) | undefined;

  constructor(
    private readonly wheel: Wheel,
    private readonly timeoutMs: number,
  ) {}

  get count(): number {
    return this.dueAtMs.size;
  }

  /** See {@link Swept.isOpen}. */
  get isOpen(): boolean {
    return this.count > 0;
  }

  add(leaver: Leaver): void {
    this.dueAtMs.set(leaver, monotonicMs() + this.timeoutMs);
    this.wheel.add(this, this.timeoutMs);
  }

  /** The socket of one has closed. */
  delete(leaver: Leaver): void {
    this.dueAtMs.delete(leaver);
    if (this.count === 0) this.whenEmpty?.();
  }

  /** See {@link Swept.sweep}. */
  sweep(nowMs: number): number {
    for (const [leaver, dueAtMs] of this.dueAtMs) {
      if (dueAtMs > nowMs) return dueAtMs - nowMs;
      leaver.terminate();
    }
    return Infinity;
  }

  /** Waits for all of them, and destroys the sockets of those that are left after a time. */
  async end(lastAnswerMs: number): Promise<void> {
    if (this.count > 0) await this.empty(lastAnswerMs);
    for (const leaver of this.dueAtMs.keys()) leaver.terminate();
  }

  private async empty(lastAnswerMs: number): Promise<void> {
    const empty = new Promise<void>((resolve) => (this.whenEmpty = resolve));
    await settlesWithin(lastAnswerMs, empty);
  }
}
