import type { RedisSettings } from '../../../config/sections/broker/redis.settings.js';

/** Checks one connection; resolves to the fault, or to nothing. MUST NOT reject. */
export type Probe = () => Promise<string | undefined>;

/** The interval between questions and the time limit for an answer. */
type HeartbeatTiming = Pick<RedisSettings, 'pingIntervalMs' | 'pingTimeoutMs'>;

/** Checks connections over and over, the first time at once, until one is found dead: that is reported once. */
export class RedisHeartbeat {
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;

  constructor(
    private readonly probes: readonly Probe[],
    private readonly timing: HeartbeatTiming,
    private readonly onFault: (fault: string) => void,
  ) {
    void this.beat();
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private async beat(): Promise<void> {
    const beat = { isAnswered: false };
    this.timer = setTimeout(() => {
      // An answer may lie unread because this process was busy: setImmediate comes after reading.
      setImmediate(() => {
        if (!beat.isAnswered) this.fail(`no answer to PING within ${this.timing.pingTimeoutMs} ms`);
      });
    }, this.timing.pingTimeoutMs);
    const faults = await Promise.all(this.probes.map((probe) => probe()));
    beat.isAnswered = true;
    clearTimeout(this.timer);
    const fault = faults.find((found) => found !== undefined);
    if (fault !== undefined) this.fail(fault);
    if (!this.isStopped) this.timer = setTimeout(() => void this.beat(), this.timing.pingIntervalMs);
  }

  private fail(fault: string): void {
    if (this.isStopped) return;
    this.stop();
    this.onFault(fault);
  }
}
