import type { Redis } from 'ioredis';
import { brokerError } from './broker.error.js';

/** Channels of one SUBSCRIBE: enough to save round trips, few enough not to hold up Redis. */
const CHANNELS_PER_COMMAND = 1000;

interface Joining {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Turns joins and leaves of one tick into one SUBSCRIBE and one UNSUBSCRIBE on one connection. */
export class RedisSubscriptions {
  private joining = new Map<string, Joining>();
  private leaving = new Set<string>();

  constructor(private readonly client: Redis) {}

  /** Resolves when Redis has confirmed the channel; rejects with a BrokerError when it will not. */
  join(channel: string): Promise<void> {
    this.flushSoon();
    const joining = this.joining.get(channel) ?? newJoining();
    this.joining.set(channel, joining);
    return joining.promise;
  }

  leave(channel: string): void {
    this.flushSoon();
    // Whoever still waits for it has given it up: nothing will arrive, and nothing is missed.
    this.joining.get(channel)?.resolve();
    this.joining.delete(channel);
    this.leaving.add(channel);
  }

  /** Joins everything again on a new connection; `isWanted` is asked late, as channels may be left meanwhile. */
  async joinAll(channels: readonly string[], isWanted: (channel: string) => boolean): Promise<void> {
    for (let at = 0; at < channels.length; at += CHANNELS_PER_COMMAND) {
      const wanted = channels.slice(at, at + CHANNELS_PER_COMMAND).filter(isWanted);
      if (wanted.length > 0) await this.client.subscribe(...wanted);
    }
  }

  private flushSoon(): void {
    if (this.joining.size === 0 && this.leaving.size === 0) setImmediate(() => this.flush());
  }

  /** UNSUBSCRIBE goes first: a channel in both was left and then joined, for the other order leaves it in one. */
  private flush(): void {
    const { joining, leaving } = this;
    this.joining = new Map();
    this.leaving = new Set();
    // Silent: a connection that cannot unsubscribe is ending, and its channels end with it.
    if (leaving.size > 0) this.client.unsubscribe(...leaving).catch(() => undefined);
    const channels = [...joining];
    for (let at = 0; at < channels.length; at += CHANNELS_PER_COMMAND) {
      void this.subscribe(channels.slice(at, at + CHANNELS_PER_COMMAND));
    }
  }

  private async subscribe(channels: [string, Joining][]): Promise<void> {
    try {
      await this.client.subscribe(...channels.map(([channel]) => channel));
    } catch (error) {
      // Redis refuses a command as a whole when its user may not have one of the channels.
      if (channels.length > 1 && this.client.status === 'ready') {
        await Promise.all(channels.map((channel) => this.subscribe([channel])));
      } else {
        for (const [channel, { reject }] of channels)
          reject(brokerError(error, `cannot join ${JSON.stringify(channel)}`));
      }
      return;
    }
    for (const [, { resolve }] of channels) resolve();
  }
}

function newJoining(): Joining {
  let resolve!: () => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
