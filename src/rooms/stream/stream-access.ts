import type { ChannelModel, ConfirmChannel, Options } from 'amqplib';
import { randomUUID } from 'node:crypto';
import { messageOf } from '../../base/message-of.js';
import { settlesWithin } from '../../base/time-limit.js';
import { BrokerError, brokerError } from '../../broker/broker.error.js';
import { MARK_TYPE, type StreamMessage } from './stream-message.js';
import { StreamPart } from './stream-part.js';
import { StreamReader, type StreamStart } from './stream-reader.js';

/** The longest wait for RabbitMQ to take a message, or to bring one of which it is known that it is there. */
const WAIT_MS = 10_000;
const FAILED = 'cannot trigger';

/** The connection of a {@link StreamAccess}. */
export interface StreamOwner {
  readonly connection: ChannelModel;
  /** Ends the connection. */
  giveUp(reason: string): void;
}

/** A stream of RabbitMQ, over one connection: reads it from any offset on, and adds to it. */
export class StreamAccess {
  private readonly returned = new Set<unknown>();

  private constructor(
    private readonly owner: StreamOwner,
    private readonly confirm: ConfirmChannel,
    /** The name of its queue. */
    private readonly name: string,
  ) {
    confirm.on('error', (error) => owner.giveUp(messageOf(error)));
    confirm.on('return', ({ properties }) => this.returned.add(properties.correlationId));
  }

  /** @throws what RabbitMQ says. */
  static async open(owner: StreamOwner, name: string): Promise<StreamAccess> {
    return new StreamAccess(owner, await owner.connection.createConfirmChannel(), name);
  }

  /**
   * Adds a message. It goes to the queue itself, not by way of the exchange, whose bindings may be patterns.
   * @param ticket another one for each message.
   * @throws {BrokerError} when RabbitMQ did not take it, or it cannot be said whether it did.
   */
  async send(content: Buffer, ticket: string, type?: string): Promise<void> {
    const options: Options.Publish = { persistent: true, mandatory: true, correlationId: ticket };
    if (type !== undefined) options.type = type;
    const isInTime = await settlesWithin(WAIT_MS, this.confirmed(content, options));
    if (!isInTime) throw new BrokerError(`${FAILED}: RabbitMQ does not answer`);
    if (this.returned.delete(ticket)) throw new BrokerError(`${FAILED}: the stream is gone`);
  }

  /** Hands over what the stream has from an offset on, and whatever comes, until the connection ends. */
  async follow(from: number, take: (message: StreamMessage) => void): Promise<void> {
    const failed = (reason: string): void => this.owner.giveUp(reason);
    await StreamReader.open(this.owner.connection, this.name, from, { take, failed });
  }

  /** Reads messages by their offsets, both ends included, until `take` says that it has enough. @throws {BrokerError} */
  read(from: number, to: number, take: (message: StreamMessage) => boolean): Promise<void> {
    return this.readFrom(from, (message) => take(message) && message.offset < to);
  }

  /** Adds a mark. @returns its offset: what the stream had before is in front of it. @throws {BrokerError} */
  async markEnd(): Promise<number> {
    const id = randomUUID();
    let end = 0;
    const take = ({ ticket, offset }: StreamMessage): boolean => {
      end = offset;
      return ticket !== id;
    };
    await this.readFrom('next', take, () => this.mark(id));
    return end;
  }

  /** Adds a mark. @throws {BrokerError} as {@link send}. */
  mark(id: string): Promise<void> {
    return this.send(Buffer.from(id), id, MARK_TYPE);
  }

  /**
   * @param wants takes a message, and says whether more are wanted.
   * @param begun is called when everything that is added is read, too.
   */
  private async readFrom(
    from: StreamStart,
    wants: (message: StreamMessage) => boolean,
    begun?: () => Promise<void>,
  ): Promise<void> {
    const part = new StreamPart(wants, WAIT_MS);
    let reader: StreamReader | undefined;
    try {
      reader = await StreamReader.open(this.owner.connection, this.name, from, part);
      // What is read is there: RabbitMQ does not always say so of what it took while it opened the stream.
      await Promise.race([part.ended, begun?.().then(() => part.ended) ?? part.ended]);
    } catch (error) {
      throw brokerError(error);
    } finally {
      part.close();
      reader?.close();
    }
  }

  private confirmed(content: Buffer, options: Options.Publish): Promise<void> {
    return new Promise((resolve, reject) => {
      this.confirm.sendToQueue(this.name, content, options, (error: unknown) =>
        error ? reject(brokerError(error, FAILED)) : resolve(),
      );
    });
  }
}
