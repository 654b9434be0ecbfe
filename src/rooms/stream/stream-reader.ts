import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { messageOf } from '../../base/message-of.js';
import { type StreamMessage, streamMessageOf } from './stream-message.js';

/** Messages that may be on their way; and how many are taken before more are asked for. */
const PREFETCH = 500;
const ACK_EVERY = 100;

/** The beginning of a reader: at an offset, or with what comes from now on. */
export type StreamStart = number | 'next';

/** The reader of a stream. No method may throw. */
export interface StreamTaker {
  /** Takes the next message. */
  take(message: StreamMessage): void;
  /** Nothing comes any more. */
  failed(reason: string): void;
}

/** Reads a stream, on a channel of its own. */
export class StreamReader {
  private isClosed = false;
  private count = 0;

  private constructor(
    private readonly channel: Channel,
    private readonly name: string,
    private readonly taker: StreamTaker,
  ) {
    channel.on('error', (error) => this.fail(messageOf(error)));
    // A connection that ends closes its channels before it says why.
    channel.on('close', () => setImmediate(() => this.fail('its channel was closed')));
  }

  /** Opens one; once it resolves, what is added to the stream is read, too. @throws what RabbitMQ says. */
  static async open(
    connection: ChannelModel,
    name: string,
    from: StreamStart,
    taker: StreamTaker,
  ): Promise<StreamReader> {
    const channel = await connection.createChannel();
    const reader = new StreamReader(channel, name, taker);
    await channel.prefetch(PREFETCH);
    await channel.consume(name, (message) => reader.taken(message), {
      arguments: { 'x-stream-offset': from },
    });
    return reader;
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    // Silent: the connection may have ended.
    void this.channel.close().catch(() => undefined);
  }

  private taken(message: ConsumeMessage | null): void {
    if (this.isClosed) return;
    const read = message && streamMessageOf(message);
    if (!message) this.fail('its queue was deleted');
    else if (!read) this.fail(`the queue ${JSON.stringify(this.name)} is no stream`);
    else {
      // Nothing is lost with it: it only says that there is room for more.
      if (++this.count % ACK_EVERY === 0) this.channel.ack(message, true);
      this.taker.take(read);
    }
  }

  private fail(reason: string): void {
    if (!this.isClosed) this.taker.failed(reason);
    this.isClosed = true;
  }
}
