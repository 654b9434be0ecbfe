/** The form in which a transport carries frames, where it differs from theirs; made once for all who get a frame. */
export interface Encoding {
  /** The encoded form of a frame of `frame.ts`. */
  frame(frame: Buffer): Buffer;
}

/** Takes whole frames for one client, and tells how many bytes wait. What it was given cannot be taken back. */
export interface Sink {
  /** The encoding of frames before they are written; absent where they go as they are. */
  readonly encoding: Encoding | undefined;
  /** Writes encoded frames; nothing is sent any more once it closes. @returns whether some bytes wait. */
  write(frames: Buffer): boolean;
  /** The bytes that wait. */
  readonly bufferedBytes: number;
  /** Whether so much waits that it should be given no more before it has drained. */
  readonly isFull: boolean;
  /** Has a listener called when all that waits in a full one has left, once. */
  onceDrained(listener: () => void): void;
  /** Forgets a listener of {@link onceDrained}. */
  offDrained(listener: () => void): void;
}
