import { monotonicMs } from '../base/monotonic-ms.js';
import type { BreakerSettings } from '../config/sections/breaker.settings.js';
import { CallbackError } from '../protocol/errors.js';
import { TryCounts } from './try-counts.js';

/** The verdict of a try on the app: it is there, or it is not; `undefined`: neither. */
export type TryVerdict = 'answered' | 'failed' | undefined;

/** Tells what a try says, from its result or its error. */
export interface TryJudge<Result> {
  result(result: Result): TryVerdict;
  error(error: unknown): TryVerdict;
}

/** Told when a breaker opens or closes. */
export interface BreakerListener {
  opened(reason: string): void;
  closed(): void;
  /** A request was refused. */
  refused(): void;
}

/**
 * Keeps requests from an app that does not answer (a circuit breaker). Closed, it lets all through and counts; open, it
 * refuses them at once; after a pause one goes through as a probe, and decides.
 */
export class Breaker {
  private failuresInRow = 0;
  private readonly counts: TryCounts;
  /** The end of the pause, by the monotonic clock; `undefined` while it is closed. */
  private openUntilMs: number | undefined;
  private isProbing = false;

  constructor(
    private readonly name: string,
    private readonly settings: BreakerSettings,
    private readonly listener: BreakerListener,
  ) {
    this.counts = new TryCounts(settings.windowMs);
  }

  get isOpen(): boolean {
    return this.openUntilMs !== undefined;
  }

  /** To be called before anything is waited for. @throws {CallbackError} while it refuses requests. */
  requireClosed(): void {
    if (this.openUntilMs === undefined) return;
    const leftMs = this.openUntilMs - monotonicMs();
    if (leftMs <= 0 && !this.isProbing) return;
    this.listener.refused();
    throw new CallbackError(`${this.name} is not asked for a while: too many tries have failed`, {
      isPaused: true,
      retryAfterMs: Math.max(leftMs, 0),
    });
  }

  /**
   * Makes a try, and learns from it.
   * @param isOwed whether the app must hear it: it is tried even while others are refused.
   * @throws {CallbackError} while it refuses requests.
   * @throws what the try throws.
   */
  async pass<Result>(
    isOwed: boolean,
    attempt: () => Promise<Result>,
    judge: TryJudge<NoInfer<Result>>,
  ): Promise<Result> {
    if (!isOwed) this.requireClosed();
    const isProbe = this.isOpen && !isOwed;
    if (isProbe) this.isProbing = true;
    let verdict: TryVerdict;
    try {
      const result = await attempt();
      verdict = judge.result(result);
      return result;
    } catch (error) {
      verdict = judge.error(error);
      throw error;
    } finally {
      if (isProbe) this.isProbing = false;
      if (verdict === 'answered') this.answered();
      if (verdict === 'failed') this.failed(isProbe);
    }
  }

  private answered(): void {
    this.failuresInRow = 0;
    if (this.isOpen) {
      this.openUntilMs = undefined;
      this.counts.clear();
      this.listener.closed();
    } else this.counts.add(false, monotonicMs());
  }

  /** A try from before it opened says nothing new. */
  private failed(isProbe: boolean): void {
    if (this.isOpen) {
      if (isProbe) this.openUntilMs = monotonicMs() + this.settings.pauseMs;
      return;
    }
    this.failuresInRow++;
    this.counts.add(true, monotonicMs());
    const reason = this.reasonToOpen();
    if (reason === undefined) return;
    this.openUntilMs = monotonicMs() + this.settings.pauseMs;
    this.listener.opened(reason);
  }

  private reasonToOpen(): string | undefined {
    const { failures, percent } = this.settings;
    if (percent === 0) {
      return this.failuresInRow >= failures ? `${this.failuresInRow} tries in a row have failed` : undefined;
    }
    const { counts } = this;
    if (counts.failed < failures || counts.percent < percent) return undefined;
    return `${counts.failed} tries, ${Math.round(counts.percent)} % of all, have failed lately`;
  }
}
