import { Injectable } from '@nestjs/common';
import { monotonicMs } from '../../base/monotonic-ms.js';
import { ProceduresSettings } from '../../config/sections/procedures/procedures.settings.js';
import type { KeptCallMetrics, KeptCallOutcome } from '../../metrics/kept-call.metrics.js';
import { Metrics } from '../../metrics/metrics.js';
import type { JsonMembers } from '../../protocol/json/json.js';
import { PROCEDURE_ERRORS } from '../procedure-errors.js';
import { identityKey } from './record/identity-key.js';

/** What is out of date is looked for after so long. */
const SWEEP_MS = 10_000;

/** The calls of one identity. */
interface Count {
  running: number;
  /** When those that have ended are not kept any more, by the monotonic clock. */
  untilMs: number[];
}

/** One call that is counted. */
export interface Place {
  /** It runs here no longer, and is kept for so long from now on. */
  over(outcome: KeptCallOutcome, ttlMs: number): void;
  /** It never ran. */
  release(): void;
}

/** Counts the kept calls of each identity that this node runs or has run. Those of nobody have no limit. */
@Injectable()
export class CallQuota {
  private readonly counts = new Map<string, Count>();
  private readonly metrics: KeptCallMetrics;
  private running = 0;
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
    const count = identity && this.countOf(identity);
    if (count) count.running++;
    this.running++;
    const release = (): void => {
      this.running--;
      if (count) count.running--;
    };
    return {
      release,
      over: (outcome, ttlMs) => {
        release();
        count?.untilMs.push(monotonicMs() + ttlMs);
        this.metrics.over(outcome);
      },
    };
  }

  private countOf(identity: JsonMembers): Count {
    const key = identityKey(identity);
    const count = this.counts.get(key) ?? { running: 0, untilMs: [] };
    forget(count);
    const { runningPerIdentity: running, keptPerIdentity: kept } = this.settings.kept;
    const isFull = running > 0 && count.running >= running;
    if (isFull || (kept > 0 && count.running + count.untilMs.length >= kept))
      throw PROCEDURE_ERRORS.tooManyCalls();
    this.counts.set(key, count);
    return count;
  }

  private sweep(): void {
    if (monotonicMs() - this.sweptAtMs < SWEEP_MS) return;
    this.sweptAtMs = monotonicMs();
    for (const [key, count] of this.counts) {
      forget(count);
      if (count.running === 0 && count.untilMs.length === 0) this.counts.delete(key);
    }
  }
}

function forget(count: Count): void {
  const nowMs = monotonicMs();
  count.untilMs = count.untilMs.filter((untilMs) => untilMs > nowMs);
}
