const LEAST_MS = 900;
/** The age at which a look says nothing of now. */
const MOST_MS = 60_000;

/** The time between two marks of flows. They are marked when somebody looks, at most about once a second. */
export class FlowWindow {
  private beganAtMs = -Infinity;
  private lengthMs = 0;

  /** @returns whether all flows are to be marked now. */
  opens(nowMs: number): boolean {
    const elapsedMs = nowMs - this.beganAtMs;
    if (elapsedMs < LEAST_MS) return false;
    this.lengthMs = elapsedMs > MOST_MS ? 0 : elapsedMs;
    this.beganAtMs = nowMs;
    return true;
  }

  /** @returns nothing where they were not marked before. */
  perSecond(lately: number): number | undefined {
    return this.lengthMs === 0 ? undefined : (1_000 * lately) / this.lengthMs;
  }
}
