/** The form in which a transport carries frames, where that is another than they have: made once for all who get one. */
export interface Encoding {
  /** What is sent in the place of a frame of `frame.ts`. */
  frame(frame: Buffer): Buffer;
}

/** The way of whole frames to one client, and how much of it is stopped up. Its buffer cannot be taken back. */
export interface Sink {
  /** Of frames, before they are written; absent where they go as they are. */
  readonly encoding: Encoding | undefined;
  /** Gives it encoded frames; nothing is sent any more once it closes. @returns whether some of what it has waits. */
  write(frames: Buffer): boolean;
  /** How much waits. */
  readonly bufferedBytes: number;
  /** Whether so much waits that it should be given no more before it has drained. */
  readonly isFull: boolean;
  /** Has a listener called when all that waits in a full one has left, once. */
  onceDrained(listener: () => void): void;
  /** Forgets a listener of {@link onceDrained}. */
  offDrained(listener: () => void): void;
}
