/** Keeps what publications have left behind, and can do without it. */
export interface Forgetful {
  /** Gives back what has not been used for longest. @returns whether there was something. */
  forgetOldest(): boolean;
}

/** Who has a budget, from when something is kept for it. */
export interface KeptBytesOwner {
  kept: KeptBytes | undefined;
}

/**
 * What one connection has the gateway keep, in bytes. What the client asks for is refused above the limit. What
 * publications leave behind for it takes what room there is, and gives way to the client.
 */
export class KeptBytes {
  private claimed = 0;
  private remembered = 0;
  private readonly memories = new Set<Forgetful>();

  constructor(private readonly maxBytes: number) {}

  /** The budget of a connection. */
  static of(owner: KeptBytesOwner, maxBytes: number): KeptBytes {
    return (owner.kept ??= new KeptBytes(maxBytes));
  }

  /** Takes room for what the client asks for. @returns whether there is some; only then it is to be given back. */
  claim(bytes: number): boolean {
    if (this.claimed + bytes > this.maxBytes) return false;
    this.claimed += bytes;
    for (const memory of this.memories) while (this.isOver && memory.forgetOldest());
    return true;
  }

  /** Gives back what was claimed. */
  release(bytes: number): void {
    this.claimed -= bytes;
  }

  /** Takes room for something to remember. @returns whether there is some. */
  remember(bytes: number, memory: Forgetful): boolean {
    if (this.claimed + this.remembered + bytes > this.maxBytes) return false;
    this.remembered += bytes;
    this.memories.add(memory);
    return true;
  }

  /** Gives back what was remembered. */
  forget(bytes: number): void {
    this.remembered -= bytes;
  }

  /** A memory is empty for good. */
  remove(memory: Forgetful): void {
    this.memories.delete(memory);
  }

  private get isOver(): boolean {
    return this.claimed + this.remembered > this.maxBytes;
  }
}
