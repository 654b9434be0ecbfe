import { type Asker, FairLine } from '../fair-line.js';

/** The number of turns, and the limits of waiting for one. */
export interface TurnsSettings {
  /** The most turns at a time. */
  readonly most: number;
  /** The most that may wait; more are refused. Absent: no limit. */
  readonly maxWaiting?: number | undefined;
  /** The longest wait, which ends in a refusal. Absent: no limit. */
  readonly maxWaitMs?: number | undefined;
}

/** The number of those that wait, and the time since which the first has, by `performance.now()`. */
export interface Waiting {
  readonly count: number;
  readonly sinceMs: number | undefined;
}

/** Too many wait for a turn, or the wait was too long. Not tried again: that would only add to the load. */
export class TurnError extends Error {}

interface Waiter {
  readonly sinceMs: number;
  readonly come: () => void;
}

/** Limits the work at a time. The others wait in a {@link FairLine}, and may leave it. */
export class Turns {
  private taken = 0;
  private readonly line = new FairLine<Waiter>();
  /** In the order in which they came. */
  private readonly waiters = new Set<Waiter>();

  constructor(private readonly settings: TurnsSettings) {}

  /** Those that wait now. */
  get waiting(): Waiting {
    const [first] = this.waiters;
    return { count: this.waiters.size, sinceMs: first?.sinceMs };
  }

  /**
   * Waits for a turn. MUST be followed by one {@link give}.
   * @throws a signal's reason when that is aborted before the turn comes.
   * @throws {TurnError} when too many wait, or the wait was too long.
   */
  async take(asker: Asker, ...signals: readonly AbortSignal[]): Promise<void> {
    for (const signal of signals) signal.throwIfAborted();
    const { most, maxWaiting = Infinity } = this.settings;
    if (this.taken < most) this.taken++;
    else if (this.line.length < maxWaiting) await this.wait(asker, signals);
    else throw new TurnError(`${maxWaiting} wait for a connection already`);
  }

  /** Passes the turn on to the next in line. */
  give(): void {
    const next = this.line.shift();
    if (next) next.come();
    else this.taken--;
  }

  private wait(asker: Asker, signals: readonly AbortSignal[]): Promise<void> {
    const { maxWaitMs } = this.settings;
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.waiters.delete(waiter);
        clearTimeout(timer);
        for (const signal of signals) signal.removeEventListener('abort', leave);
      };
      const refuse = (reason: Error): void => {
        this.line.delete(waiter, asker);
        settle();
        reject(reason);
      };
      const leave = (event: Event): void => refuse((event.target as AbortSignal).reason as Error);
      const come = (): void => {
        settle();
        resolve();
      };
      const waiter = { sinceMs: performance.now(), come };
      const tooLong = (): void => refuse(new TurnError(`no connection was free within ${maxWaitMs} ms`));
      const timer = maxWaitMs === undefined ? undefined : setTimeout(tooLong, maxWaitMs);
      this.line.push(waiter, asker);
      this.waiters.add(waiter);
      for (const signal of signals) signal.addEventListener('abort', leave);
    });
  }
}
