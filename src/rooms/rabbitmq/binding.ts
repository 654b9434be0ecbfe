import type { ChannelModel, ConfirmChannel } from 'amqplib';

/** RabbitMQ's reason to close a channel whose user may not do something. */
const ACCESS_REFUSED = 403;

/**
 * Tells whether the exchange still brings its messages to our queue. AMQP has no question for that: a message is
 * published with a routing key that nobody but this node has bound, and comes back if there is no binding.
 */
export class RabbitMqBinding {
  private channel: ConfirmChannel | undefined;
  private isReturned = false;
  private isForbidden = false;

  constructor(
    private readonly connection: ChannelModel,
    private readonly exchange: string,
    /** The routing key that is ours alone. */
    private readonly key: string,
  ) {}

  /** @returns whether it is there; nothing when that cannot be told, for want of the right to publish. */
  async isThere(): Promise<boolean | undefined> {
    if (this.isForbidden) return undefined;
    const channel = (this.channel ??= await this.open());
    this.isReturned = false;
    const isTaken = await new Promise<boolean>((resolve) => {
      // RabbitMQ closes the channel when there is no such exchange.
      channel.once('close', () => resolve(false));
      channel.publish(this.exchange, this.key, EMPTY, { mandatory: true }, (error) =>
        resolve(error === null),
      );
    });
    if (this.isForbidden) return undefined;
    return isTaken && !this.isReturned;
  }

  private async open(): Promise<ConfirmChannel> {
    const channel = await this.connection.createConfirmChannel();
    channel.on('error', (error: { code?: number }) => (this.isForbidden = error.code === ACCESS_REFUSED));
    channel.on('close', () => (this.channel = undefined));
    channel.on('return', () => (this.isReturned = true));
    return channel;
  }
}

const EMPTY = Buffer.alloc(0);
