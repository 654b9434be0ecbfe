import { Logger } from '@nestjs/common';
import type { Redis, RedisOptions } from 'ioredis';
import type { RedisSettings } from '../../../config/sections/broker/redis.settings.js';
import { faultText } from '../../broker.error.js';
import { Arrivals, type Delay } from './arrivals.js';
import { explainedRedisFault } from './faults.js';
import { SCRIPTS } from '../history/lua.js';
import { RedisScripts } from '../history/scripts.js';
import { RedisHeartbeat, type Probe } from './heartbeat.js';
import { PRESENCE_SCRIPTS } from '../presence/lua.js';
import { RedisPair, type RedisManner } from './pair.js';
import { RedisSentinelWatch } from './sentinel-watch.js';
import { RedisSubscriptions } from './subscriptions.js';
import { firstWay } from './ways.js';

/** The receiver of a link's messages and faults. */
export interface RedisLinkListener {
  received(channel: Buffer, message: Buffer, delay: Delay | undefined): void;
  /** One of the connections is dead or silent; both are closed. Called at most once, and not after `close`. */
  lost(fault: string): void;
  /** Redis has ended a subscription, or refused one: another server has the channel. */
  moved?(isRefusal: boolean): void;
}

/** A pair of connections at work, as long as Redis answers. One that is lost stays so: another is opened in its place. */
export class RedisLink {
  readonly subscriptions: RedisSubscriptions;
  readonly scripts: RedisScripts;
  private readonly logger = new Logger('Broker');
  private readonly heartbeat: RedisHeartbeat;
  private readonly arrivals: Arrivals;
  private sentinels: RedisSentinelWatch | undefined;
  private closed = false;
  private hasWarned = false;

  private constructor(
    private readonly pair: RedisPair,
    private readonly settings: RedisSettings,
    private readonly listener: RedisLinkListener,
  ) {
    const { publisher, subscriber, dialect } = pair;
    this.scripts = new RedisScripts(publisher, settings.identity, [...SCRIPTS, ...PRESENCE_SCRIPTS], {
      failed: (fault) => this.fail(fault),
      refused: (fault) => this.refuse(fault, true),
    });
    this.subscriptions = new RedisSubscriptions(subscriber, dialect, {
      redirected: () => listener.moved?.(true),
      failed: (fault) => this.fail(fault),
      refused: (fault) => this.refuse(fault),
    });
    this.arrivals = new Arrivals(
      (channel, message, delay) => listener.received(channel, message, delay),
      subscriber.stream,
    );
    // Before the listener of ioredis, which parses the messages of a read.
    subscriber.stream.prependListener('data', () => this.arrivals.begin());
    subscriber.on(dialect.messageEvent, (channel: Buffer, message: Buffer) =>
      this.arrivals.push(channel, message),
    );
    subscriber.on('moved', () => listener.moved?.(false));
    pair.watch((fault) => this.fail(fault));
    this.heartbeat = new RedisHeartbeat(this.probes(), settings, (fault) => this.fail(fault));
  }

  /**
   * @param signal ends the attempt.
   * @throws {BrokerError} naming host and port when no server answers within `connectTimeoutMs`.
   */
  static async open(
    settings: RedisSettings,
    manner: RedisManner,
    listener: RedisLinkListener,
    signal: AbortSignal,
  ): Promise<RedisLink> {
    return firstWay(settings, signal, async (options, ending) => {
      const link = new RedisLink(await RedisPair.open(options, manner, ending), settings, listener);
      if (options.sentinels) link.heed(options);
      return link;
    });
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /** Resolves when Redis has taken the message. See {@link RedisPair.publish}. */
  async publish(channel: string, text: string): Promise<void> {
    try {
      await this.pair.publish(channel, text);
    } catch (error) {
      this.refuse(faultText(error));
      throw error;
    }
  }

  /** Asks the server something on the publishing connection. */
  ask<T>(question: (publisher: Redis) => Promise<T>): Promise<T> {
    return question(this.pair.publisher);
  }

  /** Ends both connections without waiting for Redis. Commands under way reject. */
  async close(): Promise<void> {
    this.closed = true;
    this.heartbeat.stop();
    this.arrivals.close();
    this.sentinels?.close();
    await this.pair.close();
  }

  /** Closes the link, and reports it as lost. */
  fail(fault: string): void {
    if (this.closed) return;
    void this.close();
    this.listener.lost(explainedRedisFault(fault, this.settings).text);
  }

  /** A server that has become read-only is lost. Missing rights, maybe to some channels only, are logged once. */
  private refuse(fault: string, hasHistory = false): void {
    if (fault.startsWith('READONLY')) this.fail(fault);
    if (!fault.startsWith('NOPERM') || this.hasWarned) return;
    this.hasWarned = true;
    this.logger.warn(
      `Redis refuses what clients or services ask for: ${explainedRedisFault(fault, this.settings, hasHistory).text}`,
    );
  }

  private heed(options: RedisOptions): void {
    this.sentinels = new RedisSentinelWatch(options, this.pair.publisher, (fault) => this.fail(fault));
  }

  private probes(): Probe[] {
    const { pair, arrivals } = this;
    return [
      () => pair.publisherFault(),
      // In a flood the answer is behind messages that were not read yet: they show as well that Redis is there.
      () => Promise.race([pair.subscriberFault(), arrivals.arrived().then(() => undefined)]),
    ];
  }
}
