import type { Writable } from 'node:stream';
import type { Outlet } from './outbox.js';
import { type Missable, Overflow } from './overflow.js';

/** What waits in the socket of a client that is behind, beside what the kernel has taken; less with a low limit. */
const BEHIND_BYTES = 65_536;

/** How far a client is behind with reading. A connection has one from when its client has fallen behind first. */
export class Lag {
  private readonly overflow = new Overflow();
  private readonly behindBytes: number;

  /** @param maxBytes that may wait, in the socket and here. */
  constructor(
    private readonly outlet: Pick<Outlet, 'write'>,
    private readonly socket: Writable,
    private readonly maxBytes: number,
  ) {
    this.behindBytes = Math.min(BEHIND_BYTES, maxBytes / 2);
  }

  /** Whether frames wait here; then everything that is sent has to. */
  get isHolding(): boolean {
    return !this.overflow.isEmpty;
  }

  /** Whether frames that the client may miss should come here. */
  get isBehind(): boolean {
    return this.isHolding || (this.socket.writableNeedDrain && this.socket.writableLength > this.behindBytes);
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

  /** Gives everything to the socket. */
  flush(): void {
    while (this.isHolding) this.write();
  }

  /** Forgets what waits. */
  stop(): void {
    this.socket.off('drain', this.drain);
  }

  private awaitDrain(): void {
    if (!this.isHolding) this.socket.once('drain', this.drain);
  }

  private readonly drain = (): void => {
    while (this.isHolding && !this.socket.writableNeedDrain) this.write();
    if (this.isHolding) this.socket.once('drain', this.drain);
  };

  private write(): void {
    this.outlet.write(Buffer.concat(this.overflow.take(this.behindBytes)));
  }

  private bound(): boolean {
    while (this.overflow.bytes + this.socket.writableLength > this.maxBytes)
      if (!this.overflow.dropOldest()) return false;
    return true;
  }
}
