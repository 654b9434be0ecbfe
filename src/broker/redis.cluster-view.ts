/** What one server thinks of its Cluster and of its own part in it. */
export class RedisClusterView {
  private constructor(
    /** Whether it reaches too few primaries: the others may have given its slots away without its knowing. */
    readonly isCutOff: boolean,
    private readonly ownSlots: readonly string[],
  ) {}

  /**
   * Reads the answer to CLUSTER NODES, a line for each server: `<id> <address> <flags> <primary> <ping sent>
   * <pong received> <epoch> <link> <slot>...`.
   */
  static read(answer: string): RedisClusterView {
    let [primaries, reached] = [0, 0];
    let ownSlots: readonly string[] = [];
    for (const line of answer.split('\n')) {
      const [, , flagList = '', , , , , , ...slots] = line.split(' ');
      const flags = flagList.split(',');
      if (!flags.includes('master')) continue;
      if (flags.includes('myself')) ownSlots = slots;
      if (slots.length === 0) continue;
      primaries++;
      if (!flags.includes('fail') && !flags.includes('fail?')) reached++;
    }
    return new RedisClusterView(reached * 2 <= primaries, ownSlots);
  }

  /** Whether the server itself is the primary of the slot. One that it is about to give or take is as before. */
  owns(slot: number): boolean {
    return this.ownSlots.some((slots) => {
      // [93->-<id>] and [93-<-<id>] are slots on the move, which are listed among the others as well while they are here.
      if (slots.startsWith('[')) return false;
      const [first, last = first] = slots.split('-').map(Number);
      return first !== undefined && first <= slot && slot <= last!;
    });
  }
}
