import type { Redis, RedisOptions } from 'ioredis';
import { BrokerError, faultText } from './broker.error.js';
import { connectionOptions, destroyClient, openClient } from './redis.connection.js';
import type { RedisDialect } from './redis.dialect.js';
import { RedisHeartbeat, type Probe } from './redis.heartbeat.js';
import { RedisIntake } from './redis.intake.js';
import { describeRedis, type RedisBrokerSettings } from './redis.settings.js';
import { RedisSubscriptions } from './redis.subscriptions.js';
import { within } from './within.js';

/** What a link reports to. */
export interface RedisLinkListener {
  received(channel: Buffer, message: Buffer): void;
  /** One of the connections is dead or silent; both are closed. Called at most once, and not after `close`. */
  lost(fault: string): void;
  /** Redis has ended a subscription, or refused one: another server has the channel. */
  moved?(isRefusal: boolean): void;
}

/** How a link speaks to its server. */
export interface RedisManner {
  readonly dialect: RedisDialect;
  /** Asks whether the server is to be trusted, when the link is opened and with each heartbeat. @returns what is wrong. */
  check?(publisher: Redis): Promise<string | undefined>;
}

/**
 * The two connections to one Redis, for a connection that subscribes may do nothing else. They live and die together:
 * a link that is lost stays so, and another one is opened in its place.
 */
export class RedisLink {
  readonly subscriptions: RedisSubscriptions;
  private readonly heartbeat: RedisHeartbeat;
  private readonly intake: RedisIntake;
  private isCollecting = false;
  private closed = false;

  private constructor(
    private readonly publisher: Redis,
    private readonly subscriber: Redis,
    settings: RedisBrokerSettings,
    private readonly manner: RedisManner,
    private readonly listener: RedisLinkListener,
  ) {
    const { dialect } = manner;
    this.subscriptions = new RedisSubscriptions(subscriber, dialect, {
      redirected: () => listener.moved?.(true),
      failed: (fault) => this.fail(fault),
    });
    this.intake = new RedisIntake(
      (channel, message) => listener.received(channel, message),
      subscriber.stream,
    );
    // Comes before the listener of ioredis, which takes messages out of what was read.
    subscriber.stream.prependListener('data', () => this.intake.begin());
    subscriber.on(dialect.messageEvent, (channel: Buffer, message: Buffer) =>
      this.intake.push(channel, message),
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
    settings: RedisBrokerSettings,
    manner: RedisManner,
    listener: RedisLinkListener,
    signal: AbortSignal,
  ): Promise<RedisLink> {
    const faults: string[] = [];
    const ways = await connectionOptions(settings);
    const deadline = performance.now() + settings.connectTimeoutMs;
    for (const [index, options] of ways.entries()) {
      // A server that hangs leaves time to try the others; one that refuses leaves them all of its own.
      const timeoutMs = Math.ceil((deadline - performance.now()) / (ways.length - index));
      try {
        const clients = await within(timeoutMs, signal, (ending) => openClients(options, manner, ending));
        return new RedisLink(...clients, settings, manner, listener);
      } catch (error) {
        faults.push(faultText(error));
      }
    }
    throw new BrokerError(`${describeRedis(settings)} cannot be reached: ${faults.join('; ')}`);
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /** Resolves when Redis has taken the message. What is published in one turn of the event loop leaves in one write. */
  async publish(channel: string, text: string): Promise<void> {
    if (!this.isCollecting) this.collect();
    await this.manner.dialect.publish(this.publisher, channel, text);
  }

  /** Asks the server something. */
  ask<T>(question: (publisher: Redis) => Promise<T>): Promise<T> {
    return question(this.publisher);
  }

  /** Ends both connections without waiting for Redis. Commands under way reject. */
  async close(): Promise<void> {
    this.closed = true;
    this.heartbeat.stop();
    this.intake.close();
    await Promise.all([ended(this.publisher), ended(this.subscriber)]);
  }

  /** Closes the link, and reports it as lost. */
  fail(fault: string): void {
    if (this.closed) return;
    void this.close();
    this.listener.lost(fault);
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
    const { publisher, subscriber, intake, manner } = this;
    return [
      () => manner.check?.(publisher).catch(noFault) ?? pingFault(publisher),
      // In a flood the answer is behind messages that were not read yet: they show as well that Redis is there.
      () => Promise.race([pingFault(subscriber), intake.arrived().then(noFault)]),
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
  try {
    const fault = await manner.check?.(publisher);
    if (fault !== undefined) throw new Error(fault);
    return [publisher, await openClient(options, signal)];
  } catch (error) {
    destroyClient(publisher);
    throw error;
  }
}

/** None, whatever the answer: an error is one too, and the end of a connection is noticed by itself. */
function pingFault(client: Redis): Promise<undefined> {
  return client.ping().then(noFault, noFault);
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
