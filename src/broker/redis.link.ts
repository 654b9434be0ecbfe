import type { Redis, RedisOptions } from 'ioredis';
import { BrokerError, faultText } from './broker.error.js';
import { connectionOptions, destroyClient, openClient } from './redis.connection.js';
import { RedisHeartbeat, type Probe } from './redis.heartbeat.js';
import { RedisIntake } from './redis.intake.js';
import { describeRedis, type RedisBrokerSettings } from './redis.settings.js';
import { RedisSubscriptions } from './redis.subscriptions.js';

/** What a link reports to. */
export interface RedisLinkListener {
  received(channel: Buffer, message: Buffer): void;
  /** One of the connections is dead or silent; both are closed. Called at most once, and not after `close`. */
  lost(fault: string): void;
}

/**
 * The two connections to one Redis, for a connection that subscribes may do nothing else. They live and die together:
 * a link that is lost stays so, and another one is opened in its place.
 */
export class RedisLink {
  readonly subscriptions: RedisSubscriptions;
  private readonly heartbeat: RedisHeartbeat;
  private readonly intake: RedisIntake;
  private closed = false;

  private constructor(
    private readonly publisher: Redis,
    private readonly subscriber: Redis,
    settings: RedisBrokerSettings,
    private readonly listener: RedisLinkListener,
  ) {
    this.subscriptions = new RedisSubscriptions(subscriber);
    this.intake = new RedisIntake(
      (channel, message) => listener.received(channel, message),
      subscriber.stream,
    );
    subscriber.on('messageBuffer', (channel, message) => this.intake.push(channel, message));
    for (const client of [publisher, subscriber]) this.watch(client);
    this.heartbeat = new RedisHeartbeat(this.probes(settings), settings, (fault) => this.fail(fault));
  }

  /**
   * @param signal ends the attempt.
   * @throws {BrokerError} naming host and port when no server answers within `connectTimeoutMs`.
   */
  static async open(
    settings: RedisBrokerSettings,
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
        const clients = await within(timeoutMs, signal, (ending) => openClients(options, settings, ending));
        return new RedisLink(...clients, settings, listener);
      } catch (error) {
        faults.push(faultText(error));
      }
    }
    throw new BrokerError(`${describeRedis(settings)} cannot be reached: ${faults.join('; ')}`);
  }

  get isClosed(): boolean {
    return this.closed;
  }

  /** Resolves when Redis has taken the message. */
  async publish(channel: string, text: string): Promise<void> {
    await this.publisher.publish(channel, text);
  }

  /** Ends both connections without waiting for Redis. Commands under way reject. */
  async close(): Promise<void> {
    this.closed = true;
    this.heartbeat.stop();
    this.intake.close();
    await Promise.all([ended(this.publisher), ended(this.subscriber)]);
  }

  private probes(settings: RedisBrokerSettings): Probe[] {
    const { publisher, subscriber, intake } = this;
    const ping = () => pingFault(publisher);
    const cluster = () => clusterFault(publisher).catch(noFault);
    return [
      settings.clusterNodes.length > 0 ? cluster : ping,
      // In a flood the answer is behind messages that were not read yet: they show as well that Redis is there.
      () => Promise.race([pingFault(subscriber), intake.arrived().then(noFault)]),
    ];
  }

  private watch(client: Redis): void {
    let fault = 'the connection was closed';
    client.on('error', (error) => (fault = error.message));
    client.on('close', () => this.fail(fault));
  }

  private fail(fault: string): void {
    if (this.closed) return;
    void this.close();
    this.listener.lost(fault);
  }
}

type Clients = [publisher: Redis, subscriber: Redis];

async function openClients(
  options: RedisOptions,
  settings: RedisBrokerSettings,
  signal: AbortSignal,
): Promise<Clients> {
  const publisher = await openClient(options, signal);
  try {
    const fault = settings.clusterNodes.length > 0 ? await clusterFault(publisher) : undefined;
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

/** A node cut off from the Cluster still answers, but hears nothing of what is published on the other nodes. */
async function clusterFault(client: Redis): Promise<string | undefined> {
  const info = await client.cluster('INFO');
  return info.includes('cluster_state:ok') ? undefined : 'the state of the Cluster is not ok';
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

/** Runs a task that obeys a signal, and signals it when its time is up. */
async function within<T>(
  timeoutMs: number,
  signal: AbortSignal,
  task: (ending: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const end = () => controller.abort(signal.reason);
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  try {
    return await task(controller.signal);
  } catch (error) {
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}
