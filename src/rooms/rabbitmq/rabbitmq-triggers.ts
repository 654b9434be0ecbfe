import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import type { ConsumeMessage } from 'amqplib';
import type { Startable, Stoppable } from '../../base/lifetime.js';
import { messageOf, stackOf } from '../../base/message-of.js';
import { settlesWithin } from '../../base/time-limit.js';
import { PublishSettings } from '../../config/sections/publish.settings.js';
import type { RabbitMqSettings } from '../../config/sections/rooms/rabbitmq.settings.js';
import { RoomsSettings } from '../../config/sections/rooms/rooms.settings.js';
import { DigestedLog } from '../../metrics/digested-log.js';
import { Metrics } from '../../metrics/metrics.js';
import { RoomPublisher } from '../room-publisher.js';
import { TriggerError } from '../room/trigger.js';
import type { KeepMessage } from './keeping.js';
import { RabbitMqLink } from './link.js';
import { RabbitMqOutage } from './outage.js';

const MIN_WAIT_MS = 250;
const MAX_WAIT_MS = 2000;
/** The longest wait for RabbitMQ to end a connection; {@link RabbitMqTriggers.stop} waits twice at most. */
const STOP_MS = 500;

/**
 * Takes triggers from RabbitMQ. As High-Templar does: every node gets every trigger, so none is sent on to the others, and
 * those of the time in which the connection is lost are lost; or from a durable queue, of which one node takes what has come,
 * and keeps it for all. A lost connection is made again for as long as the gateway runs.
 */
@Injectable()
export class RabbitMqTriggers implements Startable, Stoppable {
  private readonly logger = new Logger('RabbitMQ');
  private readonly warnings = new DigestedLog(this.logger);
  private readonly outage = new RabbitMqOutage(this.logger);
  private readonly stopping = new AbortController();
  private link: RabbitMqLink | undefined;
  private running: Promise<void> | undefined;
  private receivedCount = 0;
  private isConsuming = false;

  constructor(
    private readonly settings: RoomsSettings,
    private readonly publish: PublishSettings,
    private readonly publisher: RoomPublisher,
    private readonly metrics: Metrics,
  ) {}

  /** The messages that RabbitMQ has delivered since the start, malformed ones included. */
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
    await settlesWithin(STOP_MS, this.link?.close());
    this.stopping.abort();
    await settlesWithin(STOP_MS, this.running);
  }

  private async keepConsuming(settings: RabbitMqSettings): Promise<void> {
    const { signal } = this.stopping;
    const urls = settings.urls.length > 0 ? settings.urls : [settings.url];
    let waitMs = MIN_WAIT_MS;
    // Begins at random, so that not all nodes are at the same server.
    for (let turn = Math.floor(Math.random() * urls.length); !signal.aborted; turn++) {
      const url = urls[turn % urls.length]!;
      const hasWorked = await this.consume(url, settings);
      if (signal.aborted) return;
      waitMs = hasWorked ? MIN_WAIT_MS : Math.min(waitMs * 2, MAX_WAIT_MS);
      await delay(waitMs * (1 + Math.random()), undefined, { signal }).catch(() => undefined); // stopping
    }
  }

  /** Takes triggers from a server until that ends. @returns whether there was a connection. */
  private async consume(url: string, settings: RabbitMqSettings): Promise<boolean> {
    const { host } = new URL(url);
    // One per attempt: a signal shared by all would keep listeners for the sockets of every attempt.
    const ending = new AbortController();
    const end = (): void => ending.abort();
    this.stopping.signal.addEventListener('abort', end);
    try {
      this.link = await RabbitMqLink.open(url, settings, (message) => this.take(message), ending.signal);
      await this.untilEnded(this.link, host);
      return true;
    } catch (error) {
      if (!this.stopping.signal.aborted) this.outage.failed(host, messageOf(error));
      return false;
    } finally {
      await settlesWithin(STOP_MS, this.link?.close());
      this.stopping.signal.removeEventListener('abort', end);
      end();
    }
  }

  private async untilEnded(link: RabbitMqLink, host: string): Promise<void> {
    this.changed(true);
    this.outage.end();
    const reason = await link.ended;
    this.changed(false);
    if (reason !== undefined) this.outage.failed(host, `the connection is lost: ${reason}`);
  }

  /** See {@link MessageTaker}. Drops malformed messages. */
  private take({ content, properties }: ConsumeMessage): KeepMessage | undefined {
    this.receivedCount++;
    const { maxBodyBytes } = this.publish;
    if (content.length > maxBodyBytes) {
      const limits = `${content.length} bytes, allowed are ${maxBodyBytes}`;
      this.warnings.warn('oversized', `dropped a message of RabbitMQ: ${limits}`);
      this.metrics.dropped('oversized');
      return undefined;
    }
    try {
      if (this.settings.history) return this.publisher.keeping(content, 'rabbitmq', properties.messageId);
      this.publisher.deliver(content, 'rabbitmq');
    } catch (error) {
      this.dropped(error);
    }
    return undefined;
  }

  private dropped(error: unknown): void {
    if (!(error instanceof TriggerError)) this.logger.error(stackOf(error));
    else this.warnings.warn('malformed', `dropped a message of RabbitMQ: ${error.message}`);
    this.metrics.dropped('malformed');
  }

  private changed(isConsuming: boolean): void {
    if (isConsuming && !this.isConsuming) this.logger.log('taking triggers from RabbitMQ');
    this.isConsuming = isConsuming;
    this.metrics.rabbitMqStateChanged(isConsuming);
  }
}
