import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import type { Startable, Stoppable } from '../../base/lifetime.js';
import { messageOf } from '../../base/message-of.js';
import { settlesWithin } from '../../base/time-limit.js';
import type { RabbitMqSettings } from '../../config/sections/rooms/rabbitmq.settings.js';
import { RoomsSettings } from '../../config/sections/rooms/rooms.settings.js';
import { Metrics } from '../../metrics/metrics.js';
import { RabbitMqLink } from './link.js';
import { RabbitMqOutage } from './outage.js';
import { RabbitMqInput } from './rabbitmq-input.js';
import { RabbitMqPurposes } from './rabbitmq-purposes.js';

const MIN_WAIT_MS = 250;
const MAX_WAIT_MS = 2000;
/** The longest wait for RabbitMQ to end a connection; {@link RabbitMqTriggers.stop} waits twice at most. */
const STOP_MS = 500;
/** The longest wait for the first attempt to connect. */
const FIRST_MS = 5000;

/**
 * Takes triggers from RabbitMQ. As High-Templar does: every node gets every trigger, so none is sent on to the others, and
 * those of the time in which the connection is lost are lost; from a durable queue, of which one node takes what has come,
 * and keeps it for all; or from a stream, which every node reads. A lost connection is made again for as long as the gateway runs.
 */
@Injectable()
export class RabbitMqTriggers implements Startable, Stoppable {
  private readonly logger = new Logger('RabbitMQ');
  private readonly outage = new RabbitMqOutage(this.logger);
  private readonly stopping = new AbortController();
  private link: RabbitMqLink | undefined;
  private running: Promise<void> | undefined;
  private isConsuming = false;
  /** Called once the first attempt to connect has worked, or has not. */
  private tried: () => void = () => undefined;

  constructor(
    private readonly settings: RoomsSettings,
    private readonly purposes: RabbitMqPurposes,
    private readonly input: RabbitMqInput,
    private readonly metrics: Metrics,
  ) {}

  /** The messages that RabbitMQ has delivered since the start, malformed ones included. */
  get received(): number {
    return this.input.received;
  }

  /** Whether triggers arrive, or none are expected because RabbitMQ is not configured. */
  get isReady(): boolean {
    return this.settings.rabbitmq === undefined || this.isConsuming;
  }

  /** Connects in the background, if RabbitMQ is configured. A stream is waited for: clients are to know where they begin. */
  async start(): Promise<void> {
    const { rabbitmq } = this.settings;
    if (!rabbitmq) return;
    this.changed(false);
    const tried = new Promise<void>((resolve) => (this.tried = resolve));
    this.running = this.keepConsuming(rabbitmq);
    if (rabbitmq.mode === 'stream') await settlesWithin(FIRST_MS, tried);
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
      this.link = await RabbitMqLink.open(url, settings, this.purposes.next(), ending.signal);
      await this.untilEnded(this.link, host);
      return true;
    } catch (error) {
      if (!this.stopping.signal.aborted) this.outage.failed(host, messageOf(error));
      this.tried();
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
    this.tried();
    const reason = await link.ended;
    this.changed(false);
    if (reason !== undefined) this.outage.failed(host, `the connection is lost: ${reason}`);
  }

  private changed(isConsuming: boolean): void {
    if (isConsuming && !this.isConsuming) this.logger.log('taking triggers from RabbitMQ');
    this.isConsuming = isConsuming;
    this.metrics.rabbitMqStateChanged(isConsuming);
  }
}
