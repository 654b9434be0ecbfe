import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Channel, ChannelModel } from 'amqplib';
import { messageOf } from '../../base/message-of.js';
import { readTls } from '../../config/client-tls.js';
import type { RabbitMqSettings } from '../../config/sections/rooms/rabbitmq.settings.js';
import { RabbitMqBinding } from './binding.js';
import type { RabbitMqQueue } from './queue.js';
import type { ConsumerOwner, QueueConsumer } from './queue-consumer.js';

/** The purpose of a link. */
export interface LinkPurpose {
  readonly queue: RabbitMqQueue;
  /** Makes what takes from the queue. */
  readonly consumerOf: (owner: ConsumerOwner) => QueueConsumer;
}

/**
 * A connection to RabbitMQ with a queue, bound to the configured exchange. When any part of it
 * ends, all of it does: another one is opened in its place.
 */
export class RabbitMqLink implements ConsumerOwner {
  /** Resolves at the end with the reason; with nothing when {@link close} has ended it. */
  readonly ended: Promise<string | undefined>;
  readonly queue: RabbitMqQueue;
  private readonly logger = new Logger('RabbitMQ');
  private readonly ending = new AbortController();
  private readonly consumer: QueueConsumer;
  private readonly binding: RabbitMqBinding;
  private closing: Promise<void> | undefined;
  private resolveEnded!: (reason: string | undefined) => void;

  private constructor(
    readonly connection: ChannelModel,
    readonly channel: Channel,
    private readonly settings: RabbitMqSettings,
    { queue, consumerOf }: LinkPurpose,
  ) {
    this.ended = new Promise((resolve) => (this.resolveEnded = resolve));
    this.queue = queue;
    this.binding = new RabbitMqBinding(connection, queue.exchange, queue.probe);
    this.consumer = consumerOf(this);
    connection.on('error', (error) => this.end(messageOf(error)));
    connection.on('close', (error) => this.end(error === undefined ? 'it was closed' : messageOf(error)));
    channel.on('error', (error) => this.end(messageOf(error)));
    // A connection that ends closes its channels before it says why.
    channel.on('close', () => setImmediate(() => this.end('its channel was closed')));
  }

  /**
   * @param url one of the servers.
   * @param purpose what it takes, from when this resolves.
   * @param signal ends the attempt, and the connection.
   * @throws the error of RabbitMQ, Node or OpenSSL.
   */
  static async open(
    url: string,
    settings: RabbitMqSettings,
    purpose: LinkPurpose,
    signal: AbortSignal,
  ): Promise<RabbitMqLink> {
    const connection = await connectTo(url, settings, signal);
    // One without a listener would end the process.
    connection.on('error', () => undefined);
    const channel = await connection.createChannel();
    const link = new RabbitMqLink(connection, channel, settings, purpose);
    try {
      await Promise.race([link.begin(), link.ended.then((reason) => Promise.reject(new Error(reason)))]);
    } catch (error) {
      link.end(messageOf(error));
      throw error;
    }
    void link.keepBound();
    return link;
  }

  /** Ends the connection, and waits until RabbitMQ knows. */
  async close(): Promise<void> {
    this.end(undefined);
    await this.closing;
  }

  /** See {@link ConsumerOwner.giveUp}. */
  giveUp(reason: string): void {
    this.end(reason);
  }

  private async begin(): Promise<void> {
    const { name, options, isTakenAsIs, probe } = this.queue;
    if (!isTakenAsIs || !(await this.isThere(name))) await this.channel.assertQueue(name, options);
    if (probe !== name && this.canTell) await this.channel.assertQueue(probe, PROBE_OPTIONS);
    await this.declare();
    await this.consumer.start();
  }

  /** Asks on a channel that RabbitMQ may close. */
  private async isThere(queue: string): Promise<boolean> {
    const channel = await this.connection.createChannel();
    channel.on('error', () => undefined);
    try {
      await channel.checkQueue(queue);
      await channel.close();
      return true;
    } catch {
      return false; // to declare it says what else may be wrong
    }
  }

  /** Doing this twice is doing it once. */
  private async declare(): Promise<void> {
    const { exchangeType, routingKey } = this.settings;
    const { name, exchange, isExchangeDurable: durable, probe } = this.queue;
    await this.channel.assertExchange(exchange, exchangeType, { durable, autoDelete: false });
    await this.channel.bindQueue(name, exchange, routingKey);
    if (this.canTell) await this.channel.bindQueue(probe, exchange, probe);
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

  /** The first reason is the cause of the others. */
  private end(reason: string | undefined): void {
    if (this.ending.signal.aborted) return;
    this.ending.abort();
    this.consumer.stop();
    this.resolveEnded(reason);
    // Silent: it may be closed already.
    this.closing = this.connection.close().catch(() => undefined);
  }
}

/** It takes one message at most: nobody reads it. */
const PROBE_OPTIONS = { exclusive: true, durable: false, autoDelete: true, maxLength: 1 };

/** Connects to one of the servers. @param signal ends the attempt. @throws the error of RabbitMQ, Node or OpenSSL. */
export async function connectTo(
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
