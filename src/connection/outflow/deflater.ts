import { constants, deflateRawSync } from 'node:zlib';
import { compressedFrame, payloadOf } from './frame.js';
import type { Encoding } from './sink.js';

/** The end of a sync flush, which permessage-deflate leaves out (RFC 7692 section 7.2.1). */
const TRAILER_BYTES = 4;
/** Larger messages would hold up everything else: 1 MiB takes two milliseconds. */
const MAX_BYTES = 1_048_576;
/** Level 1 takes half the time of the next levels, for a fiftieth more bytes. */
const OPTIONS = { level: 1, finishFlush: constants.Z_SYNC_FLUSH };

/**
 * Compresses frames for clients that negotiated permessage-deflate without context takeover: each on its own, so that one
 * compressed frame serves them all, and nothing is kept for a connection.
 */
export class Deflater implements Encoding {
  /** The compressed form of each frame, for as long as anything keeps the frame. */
  private readonly deflated = new WeakMap<Buffer, Buffer>();
  private lastFrame: Buffer | undefined;
  private lastDeflated: Buffer | undefined;

  /** @param thresholdBytes shorter messages are left as they are. */
  constructor(private readonly thresholdBytes: number) {}

  /** The frame, compressed if that makes it shorter. */
  frame(frame: Buffer): Buffer {
    if (frame.length < this.thresholdBytes) return frame;
    if (frame !== this.lastFrame) {
      this.lastDeflated = this.deflated.get(frame) ?? this.deflate(frame);
      this.lastFrame = frame;
    }
    return this.lastDeflated!;
  }

  private deflate(frame: Buffer): Buffer {
    const payload = payloadOf(frame);
    let result = frame;
    if (payload.length >= this.thresholdBytes && payload.length <= MAX_BYTES) {
      const bytes = deflateRawSync(payload, OPTIONS);
      const compressed = compressedFrame(frame, bytes.subarray(0, -TRAILER_BYTES));
      if (compressed.length < frame.length) result = compressed;
    }
    this.deflated.set(frame, result);
    return result;
  }
}
