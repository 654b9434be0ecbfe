import type { Redis } from 'ioredis';
import { brokerError, faultText } from '../../broker.error.js';
import type { RedisDialect } from './dialect.js';

/** Channels of one SUBSCRIBE: enough to save round trips, few enough not to hold up Redis. */
const CHANNELS_PER_COMMAND = 1000;

interface Joining {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The receiver of the faults of subscriptions. */
export interface RedisSubscriptionsListener {
  /** Redis has answered MOVED: another server has the channels. */
  redirected(): void;
  /** Channels could not be joined, for any reason. */
  refused(fault: string): void;
  /** The connection cannot be used any more. */
  failed(fault: string): void;
}

/**
 * Turns joins and leaves of one tick into one SUBSCRIBE and one UNSUBSCRIBE for each group of channels, on one
 * connection and in one write.
 */
export class RedisSubscriptions {
  private joining = new Map<string, Joining>();
  private leaving = new Set<string>();

  constructor(
    private readonly client: Redis,
    private readonly dialect: RedisDialect,
    private readonly listener: RedisSubscriptionsListener,
  ) {}

  /** Resolves when Redis has confirmed the channel; rejects with a BrokerError when it will not. */
  join(channel: string): Promise<void> {
    this.flushSoon();
    const joining = this.joining.get(channel) ?? newJoining();
    this.joining.set(channel, joining);
    return joining.promise;
  }

  leave(channel: string): void {
    this.flushSoon();
    // A join that still waits has been given up: nothing will arrive, and nothing is missed.
    this.joining.get(channel)?.resolve();
    this.joining.delete(channel);
    this.leaving.add(channel);
  }

  /**
   * Joins channels of one group again on a new connection; `isWanted` is asked late, as channels may be left meanwhile.
   */
  async joinAll(channels: readonly string[], isWanted: (channel: string) => boolean): Promise<void> {
    for (let at = 0; at < channels.length; at += CHANNELS_PER_COMMAND) {
      const wanted = channels.slice(at, at + CHANNELS_PER_COMMAND).filter(isWanted);
      if (wanted.length > 0) await this.dialect.subscribe(this.client, wanted);
    }
  }

  private flushSoon(): void {
    if (this.joining.size === 0 && this.leaving.size === 0) setImmediate(() => this.flush());
  }

  /** UNSUBSCRIBE goes first: a channel in both sets was left and then joined, as `leave` ends a join that waits. */
  private flush(): void {
    const { joining, leaving } = this;
    this.joining = new Map();
    this.leaving = new Set();
    const stream = this.client.stream as Redis['stream'] | undefined;
    stream?.cork();
    for (const channels of this.commands(leaving)) void this.unsubscribe(channels);
    if (leaving.size > 0) void this.checkOrder();
    for (const channels of this.commands(joining.keys())) void this.subscribe(channels, joining);
    stream?.uncork();
  }

  /** The channels of each command. */
  private *commands(channels: Iterable<string>): Generator<string[]> {
    const groups = new Map<string, string[]>();
    for (const channel of channels) {
      const group = this.dialect.groupOf(channel);
      const others = groups.get(group);
      if (others) others.push(channel);
      else groups.set(group, [channel]);
    }
    for (const group of groups.values()) {
      for (let at = 0; at < group.length; at += CHANNELS_PER_COMMAND) {
        yield group.slice(at, at + CHANNELS_PER_COMMAND);
      }
    }
  }

  private async unsubscribe(channels: string[]): Promise<void> {
    // Silent: a connection that cannot unsubscribe is ending, and its channels end with it.
    await this.dialect.unsubscribe(this.client, channels).catch(() => undefined);
  }

  private async checkOrder(): Promise<void> {
    const fault = await this.dialect.disorder?.(this.client);
    if (fault !== undefined && this.client.status === 'ready') this.listener.failed(fault);
  }

  private async subscribe(channels: string[], joining: ReadonlyMap<string, Joining>): Promise<void> {
    try {
      await this.dialect.subscribe(this.client, channels);
    } catch (error) {
      const isRedirect = faultText(error).startsWith('MOVED ');
      if (isRedirect) this.listener.redirected();
      // Redis refuses a command as a whole when its user may not have one of the channels.
      if (channels.length > 1 && !isRedirect && this.client.status === 'ready') {
        await Promise.all(channels.map((channel) => this.subscribe([channel], joining)));
      } else {
        this.listener.refused(faultText(error));
        for (const channel of channels)
          joining.get(channel)?.reject(brokerError(error, `cannot join ${JSON.stringify(channel)}`));
      }
      return;
    }
    for (const channel of channels) joining.get(channel)?.resolve();
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
