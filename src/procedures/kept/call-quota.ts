import { Injectable } from '@nestjs/common';
import { monotonicMs } from '../../base/monotonic-ms.js';
import { ProceduresSettings } from '../../config/sections/procedures/procedures.settings.js';
import type { KeptCallMetrics, KeptCallOutcome } from '../../metrics/kept-call.metrics.js';
import { Metrics } from '../../metrics/metrics.js';
import type { JsonMembers } from '../../protocol/json/json.js';
import { PROCEDURE_ERRORS } from '../procedure-errors.js';
import { identityKey } from './record/identity-key.js';

/** The time between two looks for what is out of date. */
const SWEEP_MS = 10_000;

/** A call that has ended and is still kept. */
interface Kept {
  /** The end of its being kept, by the monotonic clock. */
  readonly untilMs: number;
  readonly bytes: number;
}

/** The calls of one identity, or of all callers without one. */
interface Count {
  running: number;
  /** Of those that run and those that are kept. */
  bytes: number;
  kept: Kept[];
}

/** One call that is counted. */
export interface Place {
  /** So many more bytes are kept of it. */
  spend(bytes: number): void;
  /** It runs here no longer, and is kept for so long from now on. */
  over(outcome: KeptCallOutcome, ttlMs: number): void;
  /** It never ran. */
  release(): void;
}

const NOBODY = '';

/**
 * Counts the kept calls of each identity that this node runs or has run, and what is kept of all. Those of nobody have no limit
 * of their own.
 */
@Injectable()
export class CallQuota {
  private readonly counts = new Map<string, Count>();
  private readonly metrics: KeptCallMetrics;
  private running = 0;
  private bytes = 0;
  private sweptAtMs = 0;

  constructor(
    private readonly settings: ProceduresSettings,
    metrics: Metrics,
  ) {
    this.metrics = metrics.keptCalls;
    this.metrics.countRunning(() => this.running);
  }

  /** @throws {ClientError} `too_many_calls`. */
  take(identity: JsonMembers | undefined): Place {
    this.sweep();
    const count = this.countOf(identity);
    const { totalBytes } = this.settings.kept;
    if (isReached(totalBytes, this.bytes) || (identity && this.isFull(count)))
      throw PROCEDURE_ERRORS.tooManyCalls();
    return this.placeIn(count);
  }

  /** As {@link take}, for a call that was admitted on another node. */
  takeAnyway(identity: JsonMembers | undefined): Place {
    this.sweep();
    return this.placeIn(this.countOf(identity));
  }

  private placeIn(count: Count): Place {
    let bytes = 0;
    const spend = (more: number): void => {
      bytes += more;
      count.bytes += more;
      this.bytes += more;
    };
    const end = (): void => {
      this.running--;
      count.running--;
    };
    count.running++;
    this.running++;
    return {
      spend,
      release: () => {
        spend(-bytes);
        end();
      },
      over: (outcome, ttlMs) => {
        end();
        count.kept.push({ untilMs: monotonicMs() + ttlMs, bytes });
        this.metrics.over(outcome);
      },
    };
  }

  private isFull(count: Count): boolean {
    this.forget(count);
    const { runningPerIdentity, keptPerIdentity, identityBytes } = this.settings.kept;
    return (
      isReached(runningPerIdentity, count.running) ||
      isReached(keptPerIdentity, count.running + count.kept.length) ||
      isReached(identityBytes, count.bytes)
    );
  }

  private countOf(identity: JsonMembers | undefined): Count {
    const key = identity ? identityKey(identity) : NOBODY;
    let count = this.counts.get(key);
    if (!count) this.counts.set(key, (count = { running: 0, bytes: 0, kept: [] }));
    return count;
  }

  private sweep(): void {
    if (monotonicMs() - this.sweptAtMs < SWEEP_MS) return;
    this.sweptAtMs = monotonicMs();
    for (const [key, count] of this.counts) {
      this.forget(count);
      if (count.running === 0 && count.kept.length === 0) this.counts.delete(key);
    }
  }

  private forget(count: Count): void {
    const nowMs = monotonicMs();
    const left = count.kept.filter(({ untilMs }) => untilMs > nowMs);
    if (left.length === count.kept.length) return;
    for (const { untilMs, bytes } of count.kept) {
      if (untilMs > nowMs) continue;
      count.bytes -= bytes;
      this.bytes -= bytes;
    }
    count.kept = left;
  }
}

function isReached(limit: number, value: number): boolean {
  return limit > 0 && value >= limit;
}
