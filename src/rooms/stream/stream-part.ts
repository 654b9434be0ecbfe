import { BrokerError } from '../../broker/broker.error.js';
import type { StreamMessage } from './stream-message.js';
import type { StreamTaker } from './stream-reader.js';

/** A part of a stream that is read: it ends with a message that is known to be there. */
export class StreamPart implements StreamTaker {
  /** Resolves once all of it was taken. Rejects with a {@link BrokerError} when it could not be read. */
  readonly ended: Promise<void>;
  private readonly idle: NodeJS.Timeout;
  private hasEnded = false;
  private resolve!: () => void;
  private reject!: (error: BrokerError) => void;

  constructor(
    private readonly wants: (message: StreamMessage) => boolean,
    /** The longest wait for the next message. */
    idleMs: number,
  ) {
    this.ended = new Promise((resolve, reject) => Object.assign(this, { resolve, reject }));
    // It may fail before anybody waits for it.
    this.ended.catch(() => undefined);
    this.idle = setTimeout(() => this.failed('RabbitMQ does not answer'), idleMs);
  }

  /** See {@link StreamTaker.take}. */
  take(message: StreamMessage): void {
    // Some more are on their way when it has ended.
    if (this.hasEnded) return;
    this.idle.refresh();
    this.hasEnded = !this.wants(message);
    if (this.hasEnded) this.resolve();
  }

  /** See {@link StreamTaker.failed}. */
  failed(reason: string): void {
    this.reject(new BrokerError(`cannot read the stream: ${reason}`));
  }

  close(): void {
    clearTimeout(this.idle);
  }
}
