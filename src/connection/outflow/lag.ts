import { CLOSE_REASONS, type CloseReason } from '../../protocol/close-reason.js';
import { drained } from './drained.js';
import { type Missable, Overflow } from './overflow.js';
import type { Sink } from './sink.js';

/** The bytes in a full sink above which its client is behind, besides those in the kernel; less with a low limit. */
const BEHIND_BYTES = 65_536;

/** Reasons to close a client that does not read, or floods: the frames that wait for it are not sent before. */
const UNHEARD: ReadonlySet<CloseReason> = new Set([
  CLOSE_REASONS.slowConsumer,
  CLOSE_REASONS.unresponsive,
  CLOSE_REASONS.tooManyEvents,
]);

/** Holds frames for a client that is behind with reading. A connection has one once its client first fell behind. */
export class Lag {
  private readonly overflow: Overflow;
  private readonly behindBytes: number;
  private draining: Promise<void> | undefined;

  /** @param maxBytes that may wait, in the sink and here. */
  constructor(
    private readonly sink: Sink,
    private readonly maxBytes: number,
  ) {
    this.overflow = new Overflow(sink.encoding);
    this.behindBytes = Math.min(BEHIND_BYTES, maxBytes / 2);
  }

  /** Whether frames wait here; then everything that is sent has to. */
  get isHolding(): boolean {
    return !this.overflow.isEmpty;
  }

  /** The bytes that wait, here and in the sink. */
  get bytes(): number {
    return this.overflow.bytes + this.sink.bufferedBytes;
  }

  /** Whether frames that the client may miss should come here. */
  get isBehind(): boolean {
    return this.isHolding || (this.sink.isFull && this.sink.bufferedBytes > this.behindBytes);
  }

  /** Adds a frame to those that wait. @returns whether they are within the limit. */
  push(frame: Buffer): boolean {
    this.awaitDrain();
    this.overflow.push(frame);
    return this.bound();
  }

  /** As {@link push}, for a frame that the client may miss. */
  pushMissable(frame: Buffer, missable: Missable, key: string | undefined): boolean {
    this.awaitDrain();
    this.overflow.pushMissable(frame, missable, key);
    return this.bound();
  }

  /** Settles when nothing waits any more, or the signal is aborted. For senders of much, while much waits. */
  drained(ended: AbortSignal): Promise<void> {
    return (this.draining ??= this.drain(ended));
  }

  /** Gives everything to the sink, before a close, unless its reason says that the client does not read. */
  flushFor(reason: CloseReason): void {
    while (this.isHolding && !UNHEARD.has(reason)) this.write();
  }

  /** Forgets what waits. */
  stop(): void {
    this.sink.offDrained(this.goOn);
  }

  private awaitDrain(): void {
    if (!this.isHolding) this.sink.onceDrained(this.goOn);
  }

  private async drain(ended: AbortSignal): Promise<void> {
    do await drained(this.sink, ended);
    while (this.isHolding && !ended.aborted);
    this.draining = undefined;
  }

  private readonly goOn = (): void => {
    while (this.isHolding && !this.sink.isFull) this.write();
    if (this.isHolding) this.sink.onceDrained(this.goOn);
  };

  private write(): void {
    const frames = this.overflow.take(this.behindBytes);
    this.sink.write(frames.length === 1 ? frames[0]! : Buffer.concat(frames));
  }

  private bound(): boolean {
    while (this.bytes > this.maxBytes) if (!this.overflow.dropOldest()) return false;
    return true;
  }
}
