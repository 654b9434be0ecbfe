import { CLOSE_REASONS, type CloseReason } from '../../protocol/close-reason.js';
import { drained } from './drained.js';
import { type Missable, Overflow } from './overflow.js';
import type { Sink } from './sink.js';

/** What waits in the sink of a client that is behind, beside what the kernel has taken; less with a low limit. */
const BEHIND_BYTES = 65_536;

/** For what a client does that does not read, or floods: what waits for it is not sent before the close. */
const UNHEARD: ReadonlySet<CloseReason> = new Set([
  CLOSE_REASONS.slowConsumer,
  CLOSE_REASONS.unresponsive,
  CLOSE_REASONS.tooManyEvents,
]);

/** How far a client is behind with reading. A connection has one from when its client has fallen behind first. */
export class Lag {
  private readonly overflow = new Overflow();
  private readonly behindBytes: number;
  private draining: Promise<void> | undefined;

  /** @param maxBytes that may wait, in the sink and here. */
  constructor(
    private readonly sink: Sink,
    private readonly maxBytes: number,
  ) {
    this.behindBytes = Math.min(BEHIND_BYTES, maxBytes / 2);
  }

  /** Whether frames wait here; then everything that is sent has to. */
  get isHolding(): boolean {
    return !this.overflow.isEmpty;
  }

  /** How much waits, here and in the sink. */
  get bytes(): number {
    return this.overflow.bytes + this.sink.bufferedBytes;
  }

  /** Whether frames that the client may miss should come here. */
  get isBehind(): boolean {
    return this.isHolding || (this.sink.isFull && this.sink.bufferedBytes > this.behindBytes);
  }

  /** Adds a frame to those that wait. @returns whether they are not too many. */
  push(frame: Buffer): boolean {
    this.awaitDrain();
    this.overflow.push(frame);
    return this.bound();
  }

  /** As {@link push}, of a frame that the client may miss. */
  pushMissable(frame: Buffer, missable: Missable, key: string | undefined): boolean {
    this.awaitDrain();
    this.overflow.pushMissable(frame, missable, key);
    return this.bound();
  }

  /** Settles when nothing waits any more, or the signal is aborted. For who has much to send, when much waits. */
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
