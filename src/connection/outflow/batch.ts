/** A sequence of frames, as a node of the tree of all sequences of this turn. */
export class Batch {
  private joined: Buffer | undefined;
  private lastFrame: Buffer | undefined;
  private lastNext: Batch | undefined;

  /** The length of all its frames, in bytes. */
  readonly length: number;

  constructor(
    private readonly previous: Batch | undefined,
    private readonly frame: Buffer | undefined,
  ) {
    this.length = (previous?.length ?? 0) + (frame?.length ?? 0);
  }

  /** This sequence with one more frame. The same frame as last time gives the same batch. */
  after(frame: Buffer): Batch {
    if (this.lastNext === undefined || this.lastFrame !== frame) {
      this.lastFrame = frame;
      this.lastNext = new Batch(this, frame);
    }
    return this.lastNext;
  }

  bytes(): Buffer {
    this.joined ??= this.join();
    return this.joined;
  }

  /** A loop, not a recursion: a burst may put tens of thousands of frames in one turn. */
  private join(): Buffer {
    const frames = [this.frame!];
    for (let batch = this.previous; batch?.frame; batch = batch.previous) frames.push(batch.frame);
    return frames.length === 1 ? frames[0]! : Buffer.concat(frames.toReversed());
  }
}
