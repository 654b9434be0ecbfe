import { monotonicMs } from '../../../base/monotonic-ms.js';

/** Beyond so many all are forgotten, which costs some commands. */
const MAX_NAMES = 100_000;

/** Tells when something is due again, by name. */
export class Due {
  private readonly untilMs = new Map<string, number>();

  /** Whether it is, for the first time or after the period; then it counts as done. */
  claim(name: string, periodMs: number): boolean {
    const nowMs = monotonicMs();
    if ((this.untilMs.get(name) ?? -Infinity) > nowMs) return false;
    if (this.untilMs.size >= MAX_NAMES) this.untilMs.clear();
    this.untilMs.set(name, nowMs + periodMs);
    return true;
  }

  /** It was not done after all. */
  forget(name: string): void {
    this.untilMs.delete(name);
  }
}
