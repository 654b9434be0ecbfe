/** A memory of publications, which can do without its oldest entries. */
export interface Forgetful {
  /** Gives back what has not been used for longest. @returns whether there was something. */
  forgetOldest(): boolean;
}

/**
 * The budget of bytes that the gateway keeps for one connection. Requests of the client are refused above the limit.
 * Memories of publications take what room there is, and give way to the client's requests.
 */
export class KeptBytes {
  private claimed = 0;
  private remembered = 0;
  /** Made when there is one: an empty set takes 150 bytes, and few connections have a memory. */
  private memories: Set<Forgetful> | undefined = undefined;

  constructor(private readonly maxBytes: number) {}

  /** Claims bytes for a request of the client. @returns whether there is room; only then they are to be released. */
  claim(bytes: number): boolean {
    if (this.claimed + bytes > this.maxBytes) return false;
    this.claimed += bytes;
    for (const memory of this.memories ?? []) while (this.isOver && memory.forgetOldest());
    return true;
  }

  /** Gives back claimed bytes. */
  release(bytes: number): void {
    this.claimed -= bytes;
  }

  /** Takes bytes for an entry of a memory. @returns whether there is room. */
  remember(bytes: number, memory: Forgetful): boolean {
    if (this.claimed + this.remembered + bytes > this.maxBytes) return false;
    this.remembered += bytes;
    this.memories ??= new Set();
    this.memories.add(memory);
    return true;
  }

  /** Gives back the bytes of an entry. */
  forget(bytes: number): void {
    this.remembered -= bytes;
  }

  /** Removes a memory that is empty for good. */
  remove(memory: Forgetful): void {
    this.memories?.delete(memory);
  }

  private get isOver(): boolean {
    return this.claimed + this.remembered > this.maxBytes;
  }
}
