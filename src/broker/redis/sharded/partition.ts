import type { Redis } from 'ioredis';
import { BrokerError } from '../../broker.error.js';
import { RedisChannels } from '../channels.js';
import { SHARDED } from '../link/dialect.js';
import type { ScriptRunner } from '../history/script-runner.js';
import type { RedisLink } from '../link/link.js';
import { PROBE } from '../link/pair.js';
import { partitionPrefix, slotOf } from './partitioning.js';

/**
 * A channel of every partition that carries nothing: it is always joined, so that Redis says when the partition goes
 * to another server, also while this node uses none of its channels. No topic has its name: topics have a dot.
 */
const WATCH = 'kittiwake:watch';

/** A fixed share of the channels, which have one slot of the Cluster, and so are on one server at a time. */
export class RedisPartition {
  readonly slot: number;
  private readonly channels: RedisChannels;
  /** The link on which it is joined, or about to be. */
  private link: RedisLink | undefined;
  private attached = false;

  constructor(
    prefix: string,
    readonly number: number,
  ) {
    this.channels = new RedisChannels(partitionPrefix(prefix, number));
    this.slot = slotOf(`${number}`);
  }

  /** Whether publications on it are received. */
  get isAttached(): boolean {
    return this.attached;
  }

  get size(): number {
    return this.channels.size;
  }

  has(channel: string): boolean {
    return this.channels.has(channel);
  }

  join(channel: string): Promise<void> {
    if (!this.link || !this.attached) return Promise.reject(this.unavailable('join'));
    return this.channels.join(channel, this.link);
  }

  leave(channel: string): void {
    this.channels.leave(channel, this.link);
  }

  /** @throws {BrokerError} when the partition is lost. @throws Redis' error. */
  publish(channel: string, text: string): Promise<void> {
    if (!this.link || !this.attached) return Promise.reject(this.unavailable('publish'));
    return this.link.publish(this.channels.prefix + channel, text);
  }

  /** The scripts of its server. @throws {BrokerError} when the partition is lost. */
  scripts(use: string): ScriptRunner {
    return this.linked(use).scripts;
  }

  /** Asks its server. @throws {BrokerError} when the partition is lost. @throws Redis' error. */
  async ask<T>(question: (client: Redis) => Promise<T>): Promise<T> {
    return this.linked('ask').ask(question);
  }

  /** Publishes where nobody listens. @throws Redis' error. */
  probe(publisher: Redis): Promise<unknown> {
    return SHARDED.publish(publisher, this.channels.prefix + PROBE, '');
  }

  /** Joins the channels on the link of a shard. @throws Redis' error. */
  async joinOn(link: RedisLink): Promise<void> {
    this.link = link;
    await this.channels.rejoin(link, WATCH);
  }

  /** Called when all channels of {@link joinOn} are confirmed: from here on, publications are received. */
  attach(): void {
    this.attached = true;
  }

  /** Called when the partition is lost. @returns the channels on which publications may be missed. */
  detach(): string[] {
    this.attached = false;
    this.link = undefined;
    return this.channels.all;
  }

  clear(): void {
    this.channels.clear();
  }

  private linked(use: string): RedisLink {
    if (!this.link || !this.attached) throw this.unavailable(use);
    return this.link;
  }

  private unavailable(what: string): BrokerError {
    return new BrokerError(`cannot ${what}: partition ${this.number} (slot ${this.slot}) is lost`);
  }
}
