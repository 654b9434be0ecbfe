import type { LogParty } from '../../metrics/log-line.js';
import { CLOSE_REASONS, type CloseReason } from '../../protocol/close-reason.js';
import type { Batch } from './batch.js';
import { Lag } from './lag.js';
import type { Outbox, Outlet } from './outbox.js';
import type { Missable } from './overflow.js';
import type { Sink } from './sink.js';

/** The most that waits for a client that reads as fast as it can; more than the high-water mark of a socket. */
const LITTLE_BYTES = 65_536;

/** The connection of an outflow. */
export interface OutflowOwner extends LogParty {
  /** The most bytes that may wait for the client to read them. */
  readonly maxOutboxBytes: number;
  /** Aborted when nothing can be sent any more. */
  readonly ended: AbortSignal;
  /** Closes it when its client cannot keep up, at no cost to others. */
  close(reason: CloseReason): void;
}

/**
 * Sends the frames of one connection to its sink: encodes them, joins those of one turn of the event loop, and keeps
 * them while the client is behind with reading.
 */
export class Outflow implements Outlet {
  /** See {@link Outlet.waiting}. */
  waiting: Batch | undefined = undefined;
  private lag: Lag | undefined = undefined;

  constructor(
    /** See {@link Outlet.owner}. */
    readonly owner: OutflowOwner,
    private readonly sink: Sink,
    private readonly outbox: Outbox,
  ) {}

  /** Whether the client reads so slowly that what it may miss should be sent with {@link sendLater}. */
  get isBehind(): boolean {
    return this.lag?.isBehind === true;
  }

  /** Settles when all that waits has left, or the owner has ended. Absent when little waits now. */
  get backlog(): Promise<void> | undefined {
    if ((this.waiting?.length ?? 0) + (this.lag?.bytes ?? 0) <= LITTLE_BYTES) return undefined;
    this.flush();
    return this.lag && this.lag.bytes > LITTLE_BYTES ? this.lag.drained(this.owner.ended) : undefined;
  }

  /** Sends a frame with the others of this turn of the event loop; one system call takes them all. */
  send(frame: Buffer): void {
    const encoded = this.sink.encoding?.frame(frame) ?? frame;
    if (this.lag?.isHolding !== true) this.outbox.add(this, encoded);
    else if (!this.lag.push(encoded)) this.owner.close(CLOSE_REASONS.slowConsumer);
  }

  /** Sends a frame when the client has read what is before it, unless it is dropped or replaced by `key` until then. */
  sendLater(frame: Buffer, missable: Missable, key: string | undefined): void {
    const encoded = this.sink.encoding?.frame(frame) ?? frame;
    this.flush();
    if (this.lag?.pushMissable(encoded, missable, key) === false)
      this.owner.close(CLOSE_REASONS.slowConsumer);
  }

  /** Sends a control frame ahead of the messages that wait: a client that reads slowly is alive. */
  sendAhead(control: Buffer): void {
    if (this.lag) this.sink.write(control);
    else this.outbox.add(this, control);
  }

  /** Writes what was sent in this turn. The owner may be closed by it. */
  flush(): void {
    this.outbox.flushOne(this);
  }

  /** Gives everything to the sink, before a close, unless its reason says that the client does not read. */
  flushFor(reason: CloseReason): void {
    this.lag?.flushFor(reason);
  }

  /** Forgets what waits. */
  stop(): void {
    this.waiting = undefined;
    this.lag?.stop();
    this.lag = undefined;
  }

  /** See {@link Outlet.write}. */
  write(frames: Buffer): void {
    if (this.lag?.isBehind !== true) {
      if (this.sink.write(frames)) this.fallBehind();
    } else if (!this.lag.push(frames)) this.owner.close(CLOSE_REASONS.slowConsumer);
  }

  private fallBehind(): void {
    const { maxOutboxBytes } = this.owner;
    if (this.sink.bufferedBytes > maxOutboxBytes) this.owner.close(CLOSE_REASONS.slowConsumer);
    else if (this.sink.isFull) this.lag ??= new Lag(this.sink, maxOutboxBytes);
  }
}
