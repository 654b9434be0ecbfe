import type { Encoding } from './sink.js';

/** Encodes each frame once, however many are sent it. */
export abstract class SharedEncoding implements Encoding {
  /** The encoded form of each frame, for as long as anything keeps the frame. */
  private readonly encoded = new WeakMap<Buffer, Buffer>();
  private lastFrame: Buffer | undefined;
  private lastEncoded: Buffer | undefined;

  /** See {@link Encoding.frame}. */
  frame(frame: Buffer): Buffer {
    if (frame !== this.lastFrame) {
      this.lastEncoded = this.encoded.get(frame) ?? this.encodeOnce(frame);
      this.lastFrame = frame;
    }
    return this.lastEncoded!;
  }

  protected abstract encode(frame: Buffer): Buffer;

  private encodeOnce(frame: Buffer): Buffer {
    const encoded = this.encode(frame);
    this.encoded.set(frame, encoded);
    return encoded;
  }
}
