import type { Redis } from 'ioredis';
import type { RedisSettings } from '../../../config/sections/broker/redis.settings.js';
import { BrokerError, faultText } from '../../broker.error.js';
import type { Delay } from '../link/arrivals.js';
import { SHARDED } from '../link/dialect.js';
import { explainedError, refusalOf } from '../link/faults.js';
import { RedisLink, type RedisLinkListener } from '../link/link.js';
import { atNodes } from '../link/places.js';
import { RedisClusterView } from './cluster-view.js';
import type { RedisPartition } from './partition.js';

/** The end of a subscription this soon after the loss of a partition counts as a part of it, in milliseconds. */
const EXPLAINED_MS = 1000;

/** The receiver of a shard's messages and losses. */
export interface RedisShardListener {
  received(shard: RedisShard, name: Buffer, message: Buffer, delay: Delay | undefined): void;
  /** The shard no longer carries the partitions. With the last one, or when it fails, it is closed. */
  lost(shard: RedisShard, partitions: readonly RedisPartition[], why: string): void;
}

/** One primary of a Cluster, and the partitions that it carries. */
export class RedisShard implements RedisLinkListener {
  private readonly partitions = new Set<RedisPartition>();
  private link: RedisLink | undefined;
  private endings = 0;
  private isInspecting = false;
  private explainedAtMs = -Infinity;

  private constructor(
    /** `host:port`. */
    readonly address: string,
    private readonly settings: RedisSettings,
    private readonly listener: RedisShardListener,
  ) {}

  /** @throws {BrokerError} when the server does not answer, or is cut off from the others. */
  static async open(
    address: string,
    settings: RedisSettings,
    listener: RedisShardListener,
    signal: AbortSignal,
  ): Promise<RedisShard> {
    const shard = new RedisShard(address, settings, listener);
    const check = (publisher: Redis): Promise<string | undefined> => shard.check(publisher);
    shard.link = await RedisLink.open(
      atNodes(settings, [address]),
      { dialect: SHARDED, check },
      shard,
      signal,
    );
    return shard;
  }

  get isClosed(): boolean {
    return this.link?.isClosed ?? true;
  }

  /** Whether this shard carries the partition. */
  carries(partition: RedisPartition): boolean {
    return this.partitions.has(partition);
  }

  /**
   * Joins the channels of partitions, and carries those whose slots the server has. It is asked for its slots after the
   * confirmation: from then on it reports those that go elsewhere.
   * @throws when it does not have all of them, or could not join.
   */
  async carry(partitions: readonly RedisPartition[]): Promise<void> {
    try {
      await this.ask((publisher) => tryPublishing(publisher, partitions));
      await this.joinAll(partitions);
    } catch (error) {
      throw explainedError(this.address, error, this.settings);
    }
  }

  async close(): Promise<void> {
    await this.link?.close();
  }

  /** See {@link RedisLinkListener.received}. */
  received(name: Buffer, message: Buffer, delay: Delay | undefined): void {
    this.listener.received(this, name, message, delay);
  }

  /** See {@link RedisLinkListener.lost}. */
  lost(fault: string): void {
    this.lose([...this.partitions], fault);
  }

  /** See {@link RedisLinkListener.moved}. */
  moved(isRefusal: boolean): void {
    if (isRefusal) this.explainedAtMs = performance.now();
    else this.endings++;
    if (!this.isInspecting) void this.inspect();
  }

  private async joinAll(partitions: readonly RedisPartition[]): Promise<void> {
    const { link } = this;
    if (!link) throw new BrokerError('the link is not open');
    const joined = await Promise.allSettled(partitions.map((partition) => this.joinOn(link, partition)));
    const view = await this.ask(readView);
    const faults: unknown[] = [];
    for (const [index, partition] of partitions.entries()) {
      const outcome = joined[index]!;
      if (outcome.status === 'rejected') faults.push(outcome.reason);
      else if (!view.owns(partition.slot)) faults.push(`it is not the primary of slot ${partition.slot}`);
      else if (!this.isClosed) this.attach(partition);
    }
    if (this.isClosed) faults.push('the connection was closed');
    if (faults.length > 0) throw new BrokerError(faultText(faults[0]));
  }

  private async joinOn(link: RedisLink, partition: RedisPartition): Promise<void> {
    try {
      await partition.joinOn(link);
    } catch (error) {
      this.explainedAtMs = performance.now();
      throw error;
    }
  }

  private attach(partition: RedisPartition): void {
    this.partitions.add(partition);
    partition.attach();
  }

  /** Finds the partitions that are gone: we do not learn for which channel Redis ended a subscription. */
  private async inspect(): Promise<void> {
    this.isInspecting = true;
    try {
      let seen: number;
      do {
        seen = this.endings;
        this.compare(await this.ask(readView));
      } while (seen !== this.endings);
      // A slot that went away and came back has left us without its channels.
      const isExplained = performance.now() - this.explainedAtMs < EXPLAINED_MS;
      if (!isExplained) this.link?.fail('Redis ended a subscription');
    } catch (error) {
      this.link?.fail(faultText(error));
    } finally {
      this.isInspecting = false;
    }
  }

  /** See {@link RedisManner.check}. */
  private async check(publisher: Redis): Promise<string | undefined> {
    const [view] = await Promise.all([readView(publisher), tryPublishing(publisher, this.partitions)]);
    if (view.isCutOff) return 'it is cut off from the Cluster';
    this.compare(view);
    return undefined;
  }

  private compare(view: RedisClusterView): void {
    const gone = [...this.partitions].filter(({ slot }) => !view.owns(slot));
    if (gone.length === 0) return;
    this.explainedAtMs = performance.now();
    this.lose(gone, `${this.address} is no longer the primary of it`);
    if (this.partitions.size === 0) void this.close();
  }

  private lose(partitions: readonly RedisPartition[], why: string): void {
    for (const partition of partitions) this.partitions.delete(partition);
    this.listener.lost(this, partitions, why);
  }

  private ask<T>(question: (publisher: Redis) => Promise<T>): Promise<T> {
    if (!this.link) return Promise.reject(new BrokerError('the link is not open'));
    return this.link.ask(question);
  }
}

/** Publishes where nobody listens. @throws when that is refused; other faults show in the view. */
async function tryPublishing(publisher: Redis, [partition]: Iterable<RedisPartition>): Promise<void> {
  if (!partition) return;
  await partition.probe(publisher).catch((error) => {
    if (refusalOf(error) !== undefined) throw error;
  });
}

async function readView(publisher: Redis): Promise<RedisClusterView> {
  return RedisClusterView.read(String(await publisher.cluster('NODES')));
}
