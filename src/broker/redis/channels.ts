import type { RedisLink } from './link/link.js';

/** The channels that this node has joined, under the names that they have in Redis. */
export class RedisChannels {
  /** Each with the promise of its confirmation. */
  private readonly joined = new Map<string, Promise<void>>();

  constructor(
    /** Precedes each channel in its name in Redis. */
    readonly prefix: string,
  ) {}

  get size(): number {
    return this.joined.size;
  }

  get all(): string[] {
    return [...this.joined.keys()];
  }

  has(channel: string): boolean {
    return this.joined.has(channel);
  }

  /** Joining twice is joining once. @throws {BrokerError} when Redis refuses; then the channel is not joined. */
  join(channel: string, link: RedisLink): Promise<void> {
    const earlier = this.joined.get(channel);
    if (earlier) return earlier;
    const joining = link.subscriptions.join(this.prefix + channel);
    this.joined.set(channel, joining);
    joining.catch(() => {
      if (this.joined.get(channel) === joining) this.joined.delete(channel);
    });
    return joining;
  }

  leave(channel: string, link: RedisLink | undefined): void {
    if (this.joined.delete(channel)) link?.subscriptions.leave(this.prefix + channel);
  }

  /** Joins all channels on another link, and `more`, which carry no publications. */
  async rejoin(link: RedisLink, ...more: string[]): Promise<void> {
    const names = [...more, ...this.joined.keys()].map((channel) => this.prefix + channel);
    await link.subscriptions.joinAll(names, (name) => {
      const channel = name.slice(this.prefix.length);
      return this.joined.has(channel) || more.includes(channel);
    });
  }

  clear(): void {
    this.joined.clear();
  }
}
