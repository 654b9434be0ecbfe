import { type Asker, FairLine } from '../fair-line.js';

/** How many there are, and who may wait for one. */
export interface TurnsSettings {
  /** So many at a time. */
  readonly most: number;
  /** So many may wait; more are refused. Absent: no limit. */
  readonly maxWaiting?: number | undefined;
  /** Who has waited for so long is refused. Absent: no limit. */
  readonly maxWaitMs?: number | undefined;
}

/** How many wait, and since when the one who has waited longest, by `performance.now()`. */
export interface Waiting {
  readonly count: number;
  readonly sinceMs: number | undefined;
}

/** Too many wait for a turn, or it took too long: to try again would not help those that wait. */
export class TurnError extends Error {}

interface Waiter {
  readonly sinceMs: number;
  readonly come: () => void;
}

/** Lets so many do something at a time. The others wait in a {@link FairLine}, and may leave it. */
export class Turns {
  private taken = 0;
  private readonly line = new FairLine<Waiter>();
  /** As they came. */
  private readonly waiters = new Set<Waiter>();

  constructor(private readonly settings: TurnsSettings) {}

  /** Who waits now. */
  get waiting(): Waiting {
    const [first] = this.waiters;
    return { count: this.waiters.size, sinceMs: first?.sinceMs };
  }

  /**
   * Waits for a turn. MUST be followed by one {@link give}.
   * @throws a signal's reason when that is aborted before it is one's turn.
   * @throws {TurnError} when there is none to be had.
   */
  async take(asker: Asker, ...signals: readonly AbortSignal[]): Promise<void> {
    for (const signal of signals) signal.throwIfAborted();
    const { most, maxWaiting = Infinity } = this.settings;
    if (this.taken < most) this.taken++;
    else if (this.line.length < maxWaiting) await this.wait(asker, signals);
    else throw new TurnError(`${maxWaiting} wait for a connection already`);
  }

  /** Gives the turn to whose it is next. */
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
