import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Closable, Startable } from '../base/lifetime.js';
import { messageOf } from '../base/message-of.js';
import { wait } from '../callbacks/wait.js';
import { Digest } from '../metrics/digest.js';
import { Metrics } from '../metrics/metrics.js';
import { EndTellers } from './end-tellers.js';
import { LEASE_SETTINGS, type LeaseSettings } from './lease.settings.js';
import { type Estate, LEDGER, type Ledger } from './ledger.js';
import { Pace } from './pace.js';
import { Sweep, type SweepListener } from './sweep.js';

/** The least time between log lines about ends that were given up. */
const REPORT_MS = 1_000;

/** Tells the app of what has ended with nodes that are gone, or was left to be told by nodes that have stopped. */
@Injectable()
export class Sweeper implements Startable, Closable, SweepListener {
  private readonly logger = new Logger('Ledger');
  private readonly stopping = new AbortController();
  private readonly pace: Pace;
  private readonly drops = new Digest<undefined>(REPORT_MS, (why, count) =>
    this.logger.warn(`the app could not be told of ${count} ends: ${why}`),
  );
  private running: Promise<void> | undefined;
  /** From when on a lease that has run out means that its node is gone, by `performance.now()`. */
  private trustedFromMs = Infinity;

  constructor(
    @Inject(LEDGER) private readonly ledger: Ledger | undefined,
    @Inject(LEASE_SETTINGS) private readonly settings: LeaseSettings,
    private readonly tellers: EndTellers,
    private readonly metrics: Metrics,
  ) {
    this.pace = new Pace(settings.rate);
  }

  /**
   * Looks for nodes that are gone, from here on; not where the app wants to hear of no ends.
   * @throws when the ledger can never work.
   */
  async start(): Promise<void> {
    const { ledger, tellers, stopping } = this;
    if (!ledger || tellers.areNone) return;
    await ledger.start();
    this.running = this.run(ledger, stopping.signal);
  }

  /** Leaves the rest to other nodes. */
  async close(): Promise<void> {
    this.stopping.abort(new Error('the gateway stops'));
    await this.running;
  }

  /** See {@link SweepListener.told}. */
  told(count: number): void {
    this.metrics.ledger.told(count);
  }

  /** See {@link SweepListener.dropped}. */
  dropped(count: number, why: string): void {
    this.metrics.ledger.dropped(count);
    for (let number = 0; number < count; number++) this.drops.add(why, undefined);
  }

  private async run(ledger: Ledger, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.look(ledger, signal);
      } catch (error) {
        if (signal.aborted) break;
        this.logger.debug(`cannot look for nodes that are gone: ${messageOf(error)}`);
        this.trustedFromMs = Infinity;
      }
      await wait(this.settings.beatMs, signal).catch(() => undefined); // silent: it stops
    }
  }

  /** Sweeps all that are gone, one after another. */
  private async look(ledger: Ledger, signal: AbortSignal): Promise<void> {
    await ledger.probe();
    this.trustedFromMs = Math.min(this.trustedFromMs, performance.now() + ledger.graceMs);
    while (performance.now() >= this.trustedFromMs && !signal.aborted) {
      const estate = await ledger.claim();
      if (!estate) return;
      await this.sweep(estate, signal);
    }
  }

  private async sweep(estate: Estate, stopped: AbortSignal): Promise<void> {
    const ending = new AbortController();
    const signal = AbortSignal.any([stopped, ending.signal]);
    const keeping = setInterval(() => {
      void estate.keep().then(
        (isOurs) => isOurs || ending.abort(new Error('another node has taken the records')),
        () => undefined, // silent: should it last, another node takes them
      );
    }, this.settings.beatMs).unref();
    this.metrics.ledger.swept();
    this.logger.log(`telling the app of what has ended with node ${estate.node}`);
    const { pace, tellers } = this;
    const rules = { pace, endTimeoutMs: this.settings.endTimeoutMs, listener: this };
    try {
      await new Sweep(estate, tellers, rules).run(signal);
    } catch (error) {
      if (!ending.signal.aborted) await estate.release().catch(() => undefined); // silent: the lease runs out
      if (!signal.aborted) throw error;
    } finally {
      clearInterval(keeping);
    }
  }
}
