import { Injectable, Logger } from '@nestjs/common';
import { setMaxListeners } from 'node:events';
import type { Stoppable } from '../base/lifetime.js';
import { CallbacksSettings } from '../config/sections/callbacks.settings.js';
import { Digest } from '../metrics/digest.js';
import { Metrics } from '../metrics/metrics.js';
import { CallbackError } from '../protocol/errors.js';
import type { Hurry } from './hurry.js';
import { jittered } from './wait.js';

/** A notification that could not reach the app. */
export interface Untold {
  readonly service: string;
  readonly callback: string;
  /** The time until which it is tried again, by `performance.now()`. */
  readonly untilMs: number;
  /** The number of ends that wait for it, itself included. */
  readonly weight: number;
  /** Whether another process tells it if this one has to stop before. */
  readonly isKept?: boolean | undefined;
  /** For a caller that cannot wait. Its `tried` is called after each try that fails. */
  readonly hurry?: Hurry | undefined;
}

/** The outcome of a notification; `kept`: this process stops, and another one tells it. */
export type RepetitionOutcome = 'told' | 'dropped' | 'kept';

/** The longest wait between tries. */
const MAX_WAIT_MS = 15_000;
/** The least time between log lines about notifications that were given up. */
const REPORT_MS = 1_000;

/** Repeats notifications that the app must get, of the end of subscriptions, while the app is away. */
@Injectable()
export class Repetition implements Stoppable {
  private readonly logger = new Logger('Callbacks');
  private readonly stopping = new AbortController();
  private waiting = 0;
  private readonly givenUp = new Digest<undefined>(REPORT_MS, (_, count) => this.report(count));

  constructor(
    private readonly settings: CallbacksSettings,
    private readonly metrics: Metrics,
  ) {
    setMaxListeners(0, this.stopping.signal); // each that waits listens
  }

  /** The time until which the app is told of an end that happens now, by `performance.now()`. */
  untilMs(): number {
    return performance.now() + this.settings.endTimeoutMs;
  }

  /**
   * Repeats a notification, with waits that grow, until it succeeds, or is given up and counted.
   * @param tell rejects with a {@link CallbackError} when the app could not be asked.
   */
  async again(untold: Untold, tell: () => Promise<unknown>): Promise<RepetitionOutcome> {
    const { endQueue } = this.settings;
    if (this.waiting + untold.weight > endQueue) return this.giveUp(untold);
    this.waiting += untold.weight;
    try {
      if (await this.isTold(untold, tell)) return 'told';
      return untold.isKept === true && this.stopping.signal.aborted ? 'kept' : this.giveUp(untold);
    } finally {
      this.waiting -= untold.weight;
    }
  }

  stop(): void {
    this.stopping.abort();
  }

  private async isTold({ untilMs, hurry }: Untold, tell: () => Promise<unknown>): Promise<boolean> {
    let waitMs = this.settings.waitMs;
    for (let leftMs = untilMs - performance.now(); leftMs > 0; leftMs = untilMs - performance.now()) {
      if (!(await this.waited(Math.min(jittered(waitMs, waitMs), leftMs), hurry))) return false;
      waitMs = Math.min(2 * waitMs, MAX_WAIT_MS);
      try {
        await tell();
        return true;
      } catch (error) {
        if (!(error instanceof CallbackError)) throw error;
        hurry?.tried();
      }
    }
    return false;
  }

  /** @returns false when the gateway stops. */
  private waited(waitMs: number, hurry: Hurry | undefined): Promise<boolean> {
    const { signal } = this.stopping;
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const goOn = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', goOn);
        hurry?.tries();
        resolve(!signal.aborted);
      };
      const timer = setTimeout(goOn, waitMs).unref();
      signal.addEventListener('abort', goOn);
      hurry?.waits(goOn);
    });
  }

  private giveUp({ service, callback }: Untold): RepetitionOutcome {
    this.metrics.callbackDropped(service, callback);
    this.givenUp.add('', undefined);
    return 'dropped';
  }

  private report(count: number): void {
    this.logger.warn(`the app could not be told of the end of ${count} subscriptions or clients`);
  }
}
