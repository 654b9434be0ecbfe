import { Logger } from '@nestjs/common';
import type { Redis, RedisOptions } from 'ioredis';
import type { RedisSettings } from '../../config/sections/broker/redis.settings.js';
import { faultText } from '../broker.error.js';
import { Arrivals, type Delay } from './arrivals.js';
import { destroyClient, guarded, openClient } from './connection.js';
import type { RedisDialect } from './dialect.js';
import { explainedRedisFault, refusalOf } from './faults.js';
import { RedisHeartbeat, type Probe } from './heartbeat.js';
import { RedisSentinelWatch } from './sentinel-watch.js';
import { RedisSubscriptions } from './subscriptions.js';
import { firstWay } from './ways.js';

/** The channel that is joined and published on to check permissions. No topic has its name: topics have a dot. */
export const PROBE = 'kittiwake:probe';

/** The receiver of a link's messages and faults. */
export interface RedisLinkListener {
  received(channel: Buffer, message: Buffer, delay: Delay | undefined): void;
  /** One of the connections is dead or silent; both are closed. Called at most once, and not after `close`. */
  lost(fault: string): void;
  /** Redis has ended a subscription, or refused one: another server has the channel. */
  moved?(isRefusal: boolean): void;
}

/** The commands and checks that a link uses with its server. */
export interface RedisManner {
  readonly dialect: RedisDialect;
  /** A channel to try joining and publishing on, where nobody listens. Without one, nothing is tried. */
  readonly probe?: string;
  /** Checks the server when the link is opened and with each heartbeat. @returns the fault, if any. */
  check(publisher: Redis): Promise<string | undefined>;
}

/**
 * The two connections to one Redis, for a connection that subscribes may do nothing else. They live and die together:
 * a link that is lost stays so, and another one is opened in its place.
 */
export class RedisLink {
  readonly subscriptions: RedisSubscriptions;
  private readonly logger = new Logger('RedisBroker');
  private readonly heartbeat: RedisHeartbeat;
  private readonly arrivals: Arrivals;
  private sentinels: RedisSentinelWatch | undefined;
  private isCollecting = false;
  private closed = false;
  private hasWarned = false;

  private constructor(
    private readonly publisher: Redis,
    private readonly subscriber: Redis,
    private readonly settings: RedisSettings,
    private readonly manner: RedisManner,
    private readonly listener: RedisLinkListener,
  ) {
    const { dialect } = manner;
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
    for (const client of [publisher, subscriber]) this.watch(client);
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
      const [publisher, subscriber] = await openClients(options, manner, ending);
      const link = new RedisLink(publisher, subscriber, settings, manner, listener);
      if (options.sentinels) link.heed(options);
      return link;
    });
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /** Resolves when Redis has taken the message. What is published in one turn of the event loop leaves in one write. */
  async publish(channel: string, text: string): Promise<void> {
    if (!this.isCollecting) this.collect();
    try {
      await this.manner.dialect.publish(this.publisher, channel, text);
    } catch (error) {
      this.refuse(faultText(error));
      throw error;
    }
  }

  /** Asks the server something on the publishing connection. */
  ask<T>(question: (publisher: Redis) => Promise<T>): Promise<T> {
    return question(this.publisher);
  }

  /** Ends both connections without waiting for Redis. Commands under way reject. */
  async close(): Promise<void> {
    this.closed = true;
    this.heartbeat.stop();
    this.arrivals.close();
    this.sentinels?.close();
    await Promise.all([ended(this.publisher), ended(this.subscriber)]);
  }

  /** Closes the link, and reports it as lost. */
  fail(fault: string): void {
    if (this.closed) return;
    void this.close();
    this.listener.lost(explainedRedisFault(fault, this.settings).text);
  }

  /** A server that has become read-only is lost. Missing rights, maybe to some channels only, are logged once. */
  private refuse(fault: string): void {
    if (fault.startsWith('READONLY')) this.fail(fault);
    if (!fault.startsWith('NOPERM') || this.hasWarned) return;
    this.hasWarned = true;
    this.logger.warn(
      `Redis refuses what clients or services ask for: ${explainedRedisFault(fault, this.settings).text}`,
    );
  }

  private heed(options: RedisOptions): void {
    this.sentinels = new RedisSentinelWatch(options, this.publisher, (fault) => this.fail(fault));
  }

  private collect(): void {
    const { stream } = this.publisher;
    this.isCollecting = true;
    stream.cork();
    setImmediate(() => {
      this.isCollecting = false;
      stream.uncork();
    });
  }

  private probes(): Probe[] {
    const { publisher, subscriber, arrivals, manner } = this;
    return [
      () => publisherFault(publisher, manner).catch(refusalOf),
      // In a flood the answer is behind messages that were not read yet: they show as well that Redis is there.
      () => Promise.race([pingFault(subscriber), arrivals.arrived().then(noFault)]),
    ];
  }

  private watch(client: Redis): void {
    let fault = 'the connection was closed';
    client.on('error', (error) => (fault = error.message));
    client.on('close', () => this.fail(fault));
  }
}

type Clients = [publisher: Redis, subscriber: Redis];

async function openClients(
  options: RedisOptions,
  manner: RedisManner,
  signal: AbortSignal,
): Promise<Clients> {
  const publisher = await openClient(options, signal);
  return guarded(publisher, signal, async () => {
    const fault = await publisherFault(publisher, manner);
    if (fault !== undefined) throw new Error(fault);
    const subscriber = await openClient(options, signal);
    await guarded(subscriber, signal, () => tryJoining(subscriber, manner));
    return [publisher, subscriber];
  });
}

/** Checks the server, and publishes where nobody listens. @returns the fault, if any. @throws the server's error. */
async function publisherFault(publisher: Redis, manner: RedisManner): Promise<string | undefined> {
  const { dialect, probe } = manner;
  const published = probe === undefined ? undefined : dialect.publish(publisher, probe, '');
  const [fault] = await Promise.all([manner.check(publisher), published]);
  return fault;
}

/** Checks that channels can be joined. @throws Redis' error. */
async function tryJoining(subscriber: Redis, { dialect, probe }: RedisManner): Promise<void> {
  if (probe === undefined) return;
  await dialect.subscribe(subscriber, [probe]);
  await dialect.unsubscribe(subscriber, [probe]);
}

/** Only a refusal is a fault: other errors are answers, too, and the end of a connection is noticed by itself. */
function pingFault(client: Redis): Promise<string | undefined> {
  return client.ping().then(noFault, refusalOf);
}

function noFault(): undefined {
  return undefined;
}

async function ended(client: Redis): Promise<void> {
  if (client.status === 'end') return;
  await new Promise<void>((resolve) => {
    client.once('end', resolve);
    destroyClient(client);
  });
}
