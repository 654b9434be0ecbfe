import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 20;
const PERCENTILE = 99;
/** Nobody looks any more who has not for so long. */
const IDLE_MS = 30_000;

/** The time in which whoever asks is given the same. */
const LEAST_MS = 900;

/** The lag of the event loop, for which it keeps timers waiting. It is measured only as long as somebody looks. */
export class LoopLag {
  private histogram: IntervalHistogram | undefined;
  private idle: NodeJS.Timeout | undefined;
  private lagS: number | undefined;
  private readAtMs = 0;

  /** The 99th percentile since the last look, in seconds. @returns nothing at the first. */
  read(nowMs: number): number | undefined {
    clearTimeout(this.idle);
    this.idle = setTimeout(() => this.stop(), IDLE_MS).unref();
    if (!this.histogram) this.begin(nowMs);
    else if (nowMs - this.readAtMs >= LEAST_MS) this.measure(this.histogram, nowMs);
    return this.lagS;
  }

  stop(): void {
    clearTimeout(this.idle);
    this.histogram?.disable();
    this.histogram = undefined;
    this.lagS = undefined;
  }

  private begin(nowMs: number): void {
    this.histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.histogram.enable();
    this.readAtMs = nowMs;
  }

  private measure(histogram: IntervalHistogram, nowMs: number): void {
    const lateMs = histogram.count === 0 ? 0 : histogram.percentile(PERCENTILE) / 1e6 - RESOLUTION_MS;
    this.lagS = Math.max(0, lateMs) / 1_000;
    this.readAtMs = nowMs;
    histogram.reset();
  }
}
