/** The interval at which a node says that it is there. */
export const BEAT_MS = 5_000;
/** A node that was not heard for so long is counted, but not waited for: two beats, and time for the third. */
const SILENT_MS = 12_500;
/** A node that has left without a word is counted for so long: until then it may be there and cut off from the broker. */
const FORGOTTEN_MS = 60_000;

/** The other nodes that have been heard, each with the time when it last was; times are those of `monotonicMs`. */
export class Roster {
  private readonly heardAtMs = new Map<string, number>();

  heard(node: string, nowMs: number): void {
    this.heardAtMs.set(node, nowMs);
  }

  /** The node has said that it is going. */
  left(node: string): void {
    this.heardAtMs.delete(node);
  }

  has(node: string): boolean {
    return this.heardAtMs.has(node);
  }

  /** All that may be there, in no order. */
  known(nowMs: number): string[] {
    for (const [node, atMs] of this.heardAtMs) if (nowMs - atMs > FORGOTTEN_MS) this.heardAtMs.delete(node);
    return [...this.heardAtMs.keys()];
  }

  /** Whether an answer of a node can be expected. */
  isExpected(node: string, nowMs: number): boolean {
    const atMs = this.heardAtMs.get(node);
    return atMs !== undefined && nowMs - atMs <= SILENT_MS;
  }
}
