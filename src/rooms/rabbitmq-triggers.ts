import { isUtf8 } from 'node:buffer';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import type { ChannelModel, ConsumeMessage } from 'amqplib';
import { randomUUID } from 'node:crypto';
import type { RabbitMqSettings } from '../config/rabbitmq.settings.js';
import { RoomsSettings } from '../config/rooms.settings.js';
import { Metrics } from '../metrics/metrics.js';
import { RoomHub } from './room-hub.js';
import { Trigger, TriggerError } from './trigger.js';
import { messageOf } from '../protocol/message-of.js';

const MIN_WAIT_MS = 250;
const MAX_WAIT_MS = 2000;
/** How long the end waits for RabbitMQ, twice at most. */
const STOP_MS = 500;

/**
 * Takes triggers from RabbitMQ: an exclusive queue of this node, bound to the configured exchange, as High-Templar has
 * it. Every node gets every trigger, so none is sent on to the others. A lost connection is made again for as long as
 * the gateway runs; triggers of the time between are lost.
 */
@Injectable()
export class RabbitMqTriggers {
  private readonly logger = new Logger('RabbitMqTriggers');
  private readonly stopping = new AbortController();
  private connection: ChannelModel | undefined;
  private running: Promise<void> | undefined;
  private receivedCount = 0;
  private isConsuming = false;

  constructor(
    private readonly settings: RoomsSettings,
    private readonly hub: RoomHub,
    private readonly metrics: Metrics,
  ) {}

  /** How many messages RabbitMQ has delivered since the start, those that were no triggers included. */
  get received(): number {
    return this.receivedCount;
  }

  /** Whether triggers arrive, or none are expected because RabbitMQ is not configured. */
  get isReady(): boolean {
    return this.settings.rabbitmq === undefined || this.isConsuming;
  }

  /** Connects in the background, if RabbitMQ is configured. */
  start(): void {
    const { rabbitmq } = this.settings;
    if (!rabbitmq) return;
    this.changed(false);
    this.running = this.keepConsuming(rabbitmq);
  }

  /** Ends the connection, or the attempt to make one, whether RabbitMQ answers or not. */
  async stop(): Promise<void> {
    await atMost(
      STOP_MS,
      this.connection?.close().catch(() => undefined),
    ); // it may be closed already
    this.stopping.abort();
    await atMost(STOP_MS, this.running);
  }

  private async keepConsuming(settings: RabbitMqSettings): Promise<void> {
    let waitMs = MIN_WAIT_MS;
    while (!this.stopping.signal.aborted) {
      try {
        const connection = await this.consume(settings);
        waitMs = MIN_WAIT_MS;
        await untilClosed(connection);
      } catch (error) {
        this.logger.warn(`RabbitMQ at ${new URL(settings.url).host}: ${messageOf(error)}`);
      }
      this.changed(false);
      await this.pause(waitMs * (1 + Math.random()));
      waitMs = Math.min(waitMs * 2, MAX_WAIT_MS);
    }
  }

  private async consume({ url, exchange, routingKey, heartbeatMs }: RabbitMqSettings): Promise<ChannelModel> {
    const socketOptions = { timeout: heartbeatMs, signal: this.stopping.signal };
    const { connect } = await import('amqplib'); // most gateways do without it
    const connection = await connect(withHeartbeat(url, heartbeatMs), socketOptions);
    this.connection = connection;
    connection.on('error', (error) =>
      this.logger.warn(`the connection to RabbitMQ failed: ${messageOf(error)}`),
    );
    const channel = await connection.createChannel();
    channel.on('error', (error) => this.logger.warn(`the channel of RabbitMQ failed: ${messageOf(error)}`));
    channel.on('close', () => void connection.close().catch(() => undefined)); // one cannot do without the other
    await channel.assertExchange(exchange, 'direct', { durable: false, autoDelete: false });
    const queue = `hightemplar_${randomUUID()}`;
    await channel.assertQueue(queue, { exclusive: true, durable: false, autoDelete: true });
    await channel.bindQueue(queue, exchange, routingKey);
    await channel.consume(queue, (message) => this.take(message, connection), { noAck: true });
    this.changed(true);
    return connection;
  }

  /** Malformed messages are dropped: to give them back would bring them again and again. */
  private take(message: ConsumeMessage | null, connection: ChannelModel): void {
    if (!message) {
      void connection.close().catch(() => undefined); // RabbitMQ has cancelled the queue: begin anew
      return;
    }
    this.receivedCount++;
    try {
      this.hub.deliver(this.parse(message.content), 'rabbitmq');
    } catch (error) {
      if (!(error instanceof TriggerError)) this.logger.error(error instanceof Error ? error.stack : error);
      else this.logger.warn(`dropped a message of RabbitMQ: ${error.message}`);
      this.metrics.dropped('malformed');
    }
  }

  private parse(content: Buffer): Trigger {
    if (!isUtf8(content)) throw new TriggerError('not UTF-8');
    return Trigger.parse(content.toString(), this.settings.maxRoomsPerTrigger);
  }

  private changed(isConsuming: boolean): void {
    if (isConsuming && !this.isConsuming) this.logger.log('taking triggers from RabbitMQ');
    this.isConsuming = isConsuming;
    this.metrics.rabbitMqStateChanged(isConsuming);
  }

  private async pause(waitMs: number): Promise<void> {
    await delay(waitMs, undefined, { signal: this.stopping.signal }).catch(() => undefined); // stopping
  }
}

async function atMost(timeoutMs: number, promise: Promise<unknown> | undefined): Promise<void> {
  const timeout = new AbortController();
  await Promise.race([promise, delay(timeoutMs, undefined, timeout).catch(() => undefined)]);
  timeout.abort();
}

function untilClosed(connection: ChannelModel): Promise<void> {
  return new Promise((resolve) => connection.once('close', () => resolve()));
}

function withHeartbeat(url: string, heartbeatMs: number): string {
  const parsed = new URL(url);
  parsed.searchParams.set('heartbeat', String(Math.ceil(heartbeatMs / 1000)));
  return parsed.href;
}
