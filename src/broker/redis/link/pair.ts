import type { Redis, RedisOptions } from 'ioredis';
import { destroyClient, guarded, openClient } from './connection.js';
import type { RedisDialect } from './dialect.js';
import { refusalOf } from './faults.js';

/** The channel that is joined and published on to check permissions. No topic has its name: topics have a dot. */
export const PROBE = 'kittiwake:probe';

/** The commands and checks that a link uses with its server. */
export interface RedisManner {
  readonly dialect: RedisDialect;
  /** A channel to try joining and publishing on, where nobody listens. Without one, nothing is tried. */
  readonly probe?: string;
  /** Checks the server when the link is opened and with each heartbeat. @returns the fault, if any. */
  check(publisher: Redis): Promise<string | undefined>;
}

/** Two connections to one server, for one that subscribes may do nothing else. They live and die together. */
export class RedisPair {
  readonly dialect: RedisDialect;
  private isCollecting = false;

  private constructor(
    readonly publisher: Redis,
    readonly subscriber: Redis,
    private readonly manner: RedisManner,
  ) {
    this.dialect = manner.dialect;
  }

  /**
   * Opens both, and tries what they will be used for.
   * @param signal ends the attempt.
   * @throws with Redis' own reason, or the fault that the check has found.
   */
  static async open(options: RedisOptions, manner: RedisManner, signal: AbortSignal): Promise<RedisPair> {
    const publisher = await openClient(options, signal);
    return guarded(publisher, signal, async () => {
      const fault = await publisherFault(publisher, manner);
      if (fault !== undefined) throw new Error(fault);
      const subscriber = await openClient(options, signal);
      await guarded(subscriber, signal, () => tryJoining(subscriber, manner));
      return new RedisPair(publisher, subscriber, manner);
    });
  }

  /** @param onClosed called with the reason whenever one of them is closed, also by {@link close}. */
  watch(onClosed: (fault: string) => void): void {
    for (const client of [this.publisher, this.subscriber]) {
      let fault = 'the connection was closed';
      client.on('error', (error) => (fault = error.message));
      client.on('close', () => onClosed(fault));
    }
  }

  /** Publishes; what is published in one turn of the event loop leaves in one write. @throws Redis' error. */
  publish(channel: string, text: string): Promise<unknown> {
    if (!this.isCollecting) this.collect();
    return this.dialect.publish(this.publisher, channel, text);
  }

  /** The fault of the publishing connection or its server, if any. */
  publisherFault(): Promise<string | undefined> {
    return publisherFault(this.publisher, this.manner).catch(refusalOf);
  }

  /** The fault of the other one. Only a refusal is: other errors are answers, too, and its end is noticed by itself. */
  subscriberFault(): Promise<string | undefined> {
    return this.subscriber.ping().then(() => undefined, refusalOf);
  }

  /** Ends both without waiting for Redis. Commands under way reject. */
  async close(): Promise<void> {
    await Promise.all([ended(this.publisher), ended(this.subscriber)]);
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

async function ended(client: Redis): Promise<void> {
  if (client.status === 'end') return;
  await new Promise<void>((resolve) => {
    client.once('end', resolve);
    destroyClient(client);
  });
}
