import { constants, inflateRawSync } from 'node:zlib';
import { monotonicMs } from '../../base/monotonic-ms.js';
import { CLOSE_REASONS, type CloseReason } from '../../protocol/close-reason.js';
import type { LoopShare, Worker } from '../inbox/loop-share.js';

type Inflated = (error: Error | null, message?: Buffer) => void;

/** ws' permessage-deflate of one connection, as far as it is used here. */
export interface PerMessageDeflate {
  readonly params: { readonly server_max_window_bits?: number };
  /** Takes a frame of a message; `inflated` MUST NOT be called before it returns. */
  decompress(frame: Buffer, isLast: boolean, inflated: Inflated): void;
  /** Added here: the frames so far of a message that is not complete. */
  fragments?: Buffer[];
  /** Added here: the connection whose messages they are. */
  owner?: InflationOwner;
}

/** The connection whose messages are inflated. */
export interface InflationOwner {
  readonly isOpen: boolean;
  /** Counts a message as more events than the one that it is. */
  count(events: number, nowMs: number): void;
  close(reason: CloseReason): void;
}

/** Limits on inflating. */
export interface InflationLimits {
  /** The most bytes of an inflated message. */
  readonly maxBytes: number;
  /** The highest ratio of an inflated message to its compressed length; 0 is no limit. */
  readonly maxInflationRatio: number;
  readonly share: LoopShare;
}

/** The end of each compressed message, which is left out on the wire (RFC 7692 section 7.2.1). */
const TRAILER = Buffer.from([0x00, 0x00, 0xff, 0xff]);
const NOTHING = Buffer.alloc(0);
/** Messages up to this size may have any ratio: they cost little. */
const ANY_RATIO_BYTES = 16_384;
const KIB = 1024;

/**
 * Inflates the messages of clients; ws would keep 18 KiB for every connection that has ever sent one. A few bytes must not
 * become much work: a message that grows too much closes the connection as one that is too large does.
 */
export function inflaterOf(limits: InflationLimits): PerMessageDeflate['decompress'] {
  return function inflate(this: PerMessageDeflate, frame, isLast, inflated) {
    if (!isLast || this.fragments) (this.fragments ??= []).push(frame);
    if (!isLast) {
      process.nextTick(inflated, null, NOTHING);
      return;
    }
    const bytes = Buffer.concat([...(this.fragments ?? [frame]), TRAILER]);
    delete this.fragments;
    new Inflation(limits, this, bytes, inflated).work();
  };
}

/** One message, until its client has a share of the event loop. */
class Inflation implements Worker {
  constructor(
    private readonly limits: InflationLimits,
    private readonly deflate: PerMessageDeflate,
    private readonly compressed: Buffer,
    private readonly inflated: Inflated,
  ) {}

  /** See {@link Worker.work}. */
  work(): void {
    if (!this.limits.share.grants(this, performance.now())) return;
    try {
      const message = this.isOpen ? this.message() : NOTHING;
      // After a close ws goes on with an empty one, so that the client's own close is read.
      process.nextTick(this.inflated, null, this.isOpen ? message : NOTHING);
    } catch {
      this.leaveToWs();
    }
  }

  private get isOpen(): boolean {
    return this.deflate.owner?.isOpen !== false;
  }

  private message(): Buffer {
    const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: this.maxBytes };
    try {
      const message = inflateRawSync(this.compressed, options);
      this.count(message.length);
      return message;
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== 'ERR_BUFFER_TOO_LARGE') throw error;
      this.deflate.owner?.close(CLOSE_REASONS.tooManyBytes);
      return NOTHING;
    }
  }

  /** Counts each whole KiB of an inflated message as one more event. */
  private count(bytes: number): void {
    const events = Math.floor(bytes / KIB);
    if (events > 0) this.deflate.owner?.count(events, monotonicMs());
  }

  private get maxBytes(): number {
    const { maxBytes, maxInflationRatio } = this.limits;
    if (maxInflationRatio === 0) return maxBytes;
    return Math.min(maxBytes, Math.max(ANY_RATIO_BYTES, maxInflationRatio * this.compressed.length));
  }

  /** Has ws close the connection for malformed data: it knows the close code. */
  private leaveToWs(): void {
    const ofWs = Object.getPrototypeOf(this.deflate) as PerMessageDeflate;
    ofWs.decompress.call(this.deflate, this.compressed, false, this.inflated);
  }
}
