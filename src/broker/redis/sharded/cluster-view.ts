/** One server's view of its Cluster, and of its own slots. */
export class RedisClusterView {
  private constructor(
    /** Whether it reaches too few primaries: the others may have given its slots away unnoticed. */
    readonly isCutOff: boolean,
    private readonly own: readonly SlotRange[],
  ) {}

  /**
   * Reads the answer to CLUSTER NODES, a line for each server: `<id> <address> <flags> <primary> <ping sent>
   * <pong received> <epoch> <link> <slot>...`.
   */
  static read(answer: string): RedisClusterView {
    let [primaries, reached] = [0, 0];
    let own: readonly SlotRange[] = [];
    for (const line of answer.split('\n')) {
      const [, , flagList = '', , , , , , ...slots] = line.split(' ');
      const flags = flagList.split(',');
      if (!flags.includes('master')) continue;
      if (flags.includes('myself')) own = rangesOf(slots);
      if (slots.length === 0) continue;
      primaries++;
      if (!flags.includes('fail') && !flags.includes('fail?')) reached++;
    }
    return new RedisClusterView(reached * 2 <= primaries, own);
  }

  /** Whether the server itself is the primary of the slot. A slot on the move is still with its old server. */
  owns(slot: number): boolean {
    return this.own.some(([first, last]) => first <= slot && slot <= last);
  }
}

type SlotRange = readonly [first: number, last: number];

/** Without slots on the move, `[93->-<id>]` and `[93-<-<id>]`: those that are still here are listed as well. */
function rangesOf(slots: readonly string[]): SlotRange[] {
  return slots
    .filter((range) => !range.startsWith('['))
    .map((range) => {
      const [first, last] = range.split('-');
      return [Number(first), Number(last ?? first)];
    });
}
