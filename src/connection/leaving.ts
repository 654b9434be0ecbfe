import { monotonicMs } from '../base/monotonic-ms.js';
import { settlesWithin } from '../base/time-limit.js';
import type { Swept, Wheel } from './wheel.js';

/** A connection that has ended, of which only the socket is left. */
export interface Leaver {
  /** Destroys the socket. */
  terminate(): void;
}

/**
 * Connections that have ended, until their sockets are closed: by their clients or, when those do not answer within a
 * time, by the gateway.
 */
export class Leaving implements Swept {
  /** See {@link Swept.slot}. */
  slot = 0;
  /** In the order of their deadlines, as all have the same time. */
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
