/** Something that can forget all it keeps. */
interface Clearable {
  clear(): void;
}

/** The bytes that all rings of a node may have together; the one that is out of use for longest goes first. */
export class RingBudget {
  private bytes = 0;
  /** In the order of their last use. */
  private readonly rings = new Set<Clearable>();

  constructor(private readonly maxBytes: number) {}

  touch(ring: Clearable): void {
    if (this.rings.delete(ring)) this.rings.add(ring);
  }

  /** A ring has so many bytes more, or less. */
  changed(ring: Clearable, bytes: number): void {
    this.bytes += bytes;
    if (bytes > 0) this.rings.add(ring);
    while (this.bytes > this.maxBytes) {
      const [oldest] = this.rings;
      if (!oldest) return;
      this.rings.delete(oldest);
      oldest.clear();
    }
  }

  /** It is not used any more. */
  remove(ring: Clearable): void {
    ring.clear();
    this.rings.delete(ring);
  }
}
