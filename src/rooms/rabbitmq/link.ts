import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { messageOf } from '../../base/message-of.js';
import { readTls } from '../../config/client-tls.js';
import type { RabbitMqSettings } from '../../config/sections/rooms/rabbitmq.settings.js';
import { RabbitMqBinding } from './binding.js';
import { Keeping, type KeepingOwner, type KeepMessage } from './keeping.js';
import { queueOf, type RabbitMqQueue } from './queue.js';

/** Takes a message. @returns what keeps it, where it is to be acknowledged only then. */
export type MessageTaker = (message: ConsumeMessage) => KeepMessage | undefined;

/**
 * A connection to RabbitMQ with a queue, bound to the configured exchange. When any part of it
 * ends, all of it does: another one is opened in its place.
 */
export class RabbitMqLink implements KeepingOwner {
  /** Resolves at the end with the reason; with nothing when {@link close} has ended it. */
  readonly ended: Promise<string | undefined>;
  private readonly logger = new Logger('RabbitMQ');
  private readonly ending = new AbortController();
  private readonly queue: RabbitMqQueue;
  private readonly keeping: Keeping;
  private readonly binding: RabbitMqBinding;
  private closing: Promise<void> | undefined;
  private resolveEnded!: (reason: string | undefined) => void;

  private constructor(
    private readonly connection: ChannelModel,
    readonly channel: Channel,
    private readonly settings: RabbitMqSettings,
    private readonly received: MessageTaker,
  ) {
    this.ended = new Promise((resolve) => (this.resolveEnded = resolve));
    this.queue = queueOf(settings);
    this.binding = new RabbitMqBinding(connection, this.queue.exchange, this.queue.name);
    this.keeping = new Keeping(this);
    connection.on('error', (error) => this.end(messageOf(error)));
    connection.on('close', (error) => this.end(error === undefined ? 'it was closed' : messageOf(error)));
    channel.on('error', (error) => this.end(messageOf(error)));
    // A connection that ends closes its channels before it says why.
    channel.on('close', () => setImmediate(() => this.end('its channel was closed')));
  }

  /**
   * @param url one of the servers.
   * @param received is called with each message from when this resolves.
   * @param signal ends the attempt, and the connection.
   * @throws the error of RabbitMQ, Node or OpenSSL.
   */
  static async open(
    url: string,
    settings: RabbitMqSettings,
    received: MessageTaker,
    signal: AbortSignal,
  ): Promise<RabbitMqLink> {
    const connection = await connectTo(url, settings, signal);
    // One without a listener would end the process.
    connection.on('error', () => undefined);
    const channel = await connection.createChannel();
    const link = new RabbitMqLink(connection, channel, settings, received);
    await Promise.race([link.consume(), link.ended.then((reason) => Promise.reject(new Error(reason)))]);
    void link.keepBound();
    return link;
  }

  /** Ends the connection, and waits until RabbitMQ knows. */
  async close(): Promise<void> {
    this.end(undefined);
    await this.closing;
  }

  /** See {@link KeepingOwner.giveUp}. */
  giveUp(reason: string): void {
    this.end(reason);
  }

  private async consume(): Promise<void> {
    const { name, options, prefetch } = this.queue;
    await this.channel.assertQueue(name, options);
    await this.declare();
    if (prefetch !== undefined) await this.channel.prefetch(prefetch);
    const noAck = prefetch === undefined;
    await this.channel.consume(name, (message) => this.take(message), { noAck });
  }

  /** Doing this twice is doing it once. */
  private async declare(): Promise<void> {
    const { exchangeType, routingKey } = this.settings;
    const { name, exchange, isExchangeDurable: durable } = this.queue;
    await this.channel.assertExchange(exchange, exchangeType, { durable, autoDelete: false });
    await this.channel.bindQueue(name, exchange, routingKey);
    if (this.canTell) await this.channel.bindQueue(name, exchange, name);
  }

  /** An exchange that is deleted takes its bindings along, without a word: declared again by others, it has none. */
  private async keepBound(): Promise<void> {
    const { heartbeatMs } = this.settings;
    const { signal } = this.ending;
    // Ends with the link, whose end is reported.
    const stopped = (): void => undefined;
    while (!signal.aborted) {
      await delay(heartbeatMs, undefined, { signal }).catch(stopped);
      if (signal.aborted) return;
      await this.bindAgain(this.queue.exchange).catch((error) => this.end(messageOf(error)));
    }
  }

  private async bindAgain(exchange: string): Promise<void> {
    const isBound = this.canTell ? await this.binding.isThere() : undefined;
    await this.declare();
    if (isBound !== false) return;
    const what = `the exchange "${exchange}" had lost its binding`;
    this.logger.warn(`${what}: it is declared and bound again, and triggers of up to now may be missing`);
  }

  /** On exchanges of other types, what we publish to find out could reach others. */
  private get canTell(): boolean {
    return this.settings.exchangeType === 'direct';
  }

  private take(message: ConsumeMessage | null): void {
    if (!message) this.end('its queue was deleted');
    else this.taken(message, this.isOurs(message) ? undefined : this.received(message));
  }

  private taken(message: ConsumeMessage, keep: KeepMessage | undefined): void {
    if (this.queue.prefetch !== undefined) this.keeping.take(message, keep);
  }

  /** Whether it was only to show that the binding is there. */
  private isOurs({ fields }: ConsumeMessage): boolean {
    return fields.routingKey === this.queue.name;
  }

  /** The first reason is the cause of the others. */
  private end(reason: string | undefined): void {
    if (this.ending.signal.aborted) return;
    this.ending.abort();
    this.keeping.stop();
    this.resolveEnded(reason);
    // Silent: it may be closed already.
    this.closing = this.connection.close().catch(() => undefined);
  }
}

async function connectTo(
  url: string,
  settings: RabbitMqSettings,
  signal: AbortSignal,
): Promise<ChannelModel> {
  const { heartbeatMs, tls } = settings;
  const parsed = new URL(url);
  parsed.searchParams.set('heartbeat', String(Math.ceil(heartbeatMs / 1000)));
  if (tls) parsed.protocol = 'amqps:';
  const files = tls ? await readTls('RabbitMQ', tls) : {};
  const { connect } = await import('amqplib'); // most gateways do without it
  const socketOptions = { timeout: heartbeatMs, signal, ...files };
  return connect(parsed.href, socketOptions);
}
