/** Bytes of a message that has not come as a whole yet. */
export class Pieces {
  private pieces: Buffer[] = [];
  private length = 0;
  private needed = 0;

  get areEmpty(): boolean {
    return this.length === 0;
  }

  /** @returns what is kept and these bytes, as soon as they are enough to read on. */
  take(bytes: Buffer): Buffer | undefined {
    if (this.length === 0) return bytes;
    this.keep(bytes, this.needed);
    if (this.length < this.needed) return undefined;
    const all = Buffer.concat(this.pieces, this.length);
    this.pieces = [];
    this.length = 0;
    return all;
  }

  /** @param needed how many bytes there must be to read on; 0 when that is not known. */
  keep(bytes: Buffer, needed: number): void {
    this.pieces.push(bytes);
    this.length += bytes.length;
    this.needed = needed;
  }
}
