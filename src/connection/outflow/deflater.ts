import { constants, deflateRawSync } from 'node:zlib';
import { compressedFrame, payloadOf } from './frame.js';
import { SharedEncoding } from './shared-encoding.js';

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
export class Deflater extends SharedEncoding {
  /** @param thresholdBytes shorter messages are left as they are. */
  constructor(private readonly thresholdBytes: number) {
    super();
  }

  /** The frame, compressed if that makes it shorter. */
  override frame(frame: Buffer): Buffer {
    return frame.length < this.thresholdBytes ? frame : super.frame(frame);
  }

  protected encode(frame: Buffer): Buffer {
    const payload = payloadOf(frame);
    if (payload.length < this.thresholdBytes || payload.length > MAX_BYTES) return frame;
    const bytes = deflateRawSync(payload, OPTIONS);
    const compressed = compressedFrame(frame, bytes.subarray(0, -TRAILER_BYTES));
    return compressed.length < frame.length ? compressed : frame;
  }
}
