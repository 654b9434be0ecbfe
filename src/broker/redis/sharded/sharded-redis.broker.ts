import { Logger } from '@nestjs/common';
import type { RedisSettings } from '../../../config/sections/broker/redis.settings.js';
import type { Publication } from '../../../protocol/publication.js';
import { BrokerError, brokerError } from '../../broker.error.js';
import type { Broker, BrokerListener, BrokerState } from '../../broker.js';
import type { KeySlots } from '../../key-slots.js';
import type { Delay } from '../link/arrivals.js';
import { RedisMessages } from '../messages.js';
import { describeRedis } from '../link/places.js';
import { recover } from '../recovery.js';
import { SlotPresence } from '../presence/slot-presence.js';
import { RedisHistory } from '../redis.history.js';
import { RedisPresenceBook } from '../redis.presence-book.js';
import { RedisHistoryServer } from '../history-server.js';
import { HistoryKeys } from '../history/keys.js';
import { SlotHistory } from '../history/slot-history.js';
import { patiently, PatientScripts } from './patient-scripts.js';
import { RedisPartition } from './partition.js';
import { partitionOf, partitionPrefix } from './partitioning.js';
import type { RedisShard, RedisShardListener } from './shard.js';
import { RedisShards } from './shards.js';

/** The books of one slot. */
interface Slot {
  readonly history: SlotHistory;
  readonly presence: SlotPresence;
}

/**
 * Makes any number of nodes one gateway by sharded Pub/Sub of a Redis Cluster: a publication goes to one shard, not to
 * every server. Channels fall into a fixed number of partitions; when one goes to another server, or its server is
 * lost, only its channels are reported, and the others go on.
 */
export class ShardedRedisBroker implements Broker, RedisShardListener {
  readonly isShared = true;
  readonly history: RedisHistory;
  readonly presence: RedisPresenceBook;
  readonly slots: KeySlots = {
    of: (name) => {
      const partition = this.partition(name);
      return {
        prefix: partitionPrefix(this.settings.prefix, partition.number),
        ask: (question) => patiently(() => partition.ask(question)),
      };
    },
  };
  private readonly logger = new Logger('Broker');
  private readonly stopping = new AbortController();
  private readonly name: string;
  private readonly partitions: readonly RedisPartition[];
  private readonly shards: RedisShards;
  private listener: BrokerListener | undefined;
  private recovery: Promise<void> | undefined;
  private currentState: BrokerState = 'stopped';

  /**
   * @param onEpoch called when the histories in Redis begin an epoch by this node.
   * @throws when the URL is not one; the message does not repeat it.
   */
  constructor(
    private readonly settings: RedisSettings,
    private readonly messages = new RedisMessages(),
    private readonly onEpoch: () => void = () => undefined,
  ) {
    this.name = describeRedis(settings);
    this.partitions = Array.from(
      { length: settings.partitions },
      (_, number) => new RedisPartition(settings.prefix, number),
    );
    this.shards = new RedisShards(settings, this);
    const slots = this.newSlots();
    this.history = new RedisHistory(messages, {
      of: (channel) => slots(this.partition(channel)).history,
      all: () => this.partitions.map((partition) => slots(partition).history),
    });
    this.presence = new RedisPresenceBook((channel) => slots(this.partition(channel)).presence);
  }

  /** `lost` while any partition is. */
  get state(): BrokerState {
    return this.currentState;
  }

  async start(listener: BrokerListener): Promise<void> {
    if (this.listener) throw new BrokerError('a broker is started once');
    this.listener = listener;
    try {
      await this.attachAll();
    } catch (error) {
      await this.shards.close();
      throw error instanceof BrokerError ? error : brokerError(error);
    }
  }

  join(channel: string): Promise<void> {
    if (this.state === 'stopped') return Promise.reject(this.notStarted('join'));
    return this.partition(channel).join(channel);
  }

  async leave(channel: string): Promise<void> {
    this.partition(channel).leave(channel);
  }

  async publish(channel: string, publication: Publication): Promise<void> {
    if (this.state === 'stopped') throw this.notStarted('publish');
    this.messages.assertCarried(publication);
    try {
      await this.partition(channel).publish(channel, publication.text);
    } catch (error) {
      throw error instanceof BrokerError ? error : brokerError(error, `cannot publish to ${this.name}`);
    }
  }

  async stop(): Promise<void> {
    this.currentState = 'stopped';
    this.stopping.abort(new Error('the broker was stopped'));
    this.history.stop();
    for (const partition of this.partitions) partition.clear();
    await Promise.all([this.shards.close(), this.recovery]);
  }

  /** See {@link RedisShardListener.received}. */
  received(shard: RedisShard, name: Buffer, message: Buffer, delay: Delay | undefined): void {
    const text = name.toString();
    const tagEnd = text.indexOf('}:', this.settings.prefix.length);
    const partition = this.partitions[Number(text.slice(this.settings.prefix.length + 1, tagEnd))];
    const channel = text.slice(tagEnd + 2);
    // Before the message is parsed: a channel may have been left, or gone to another shard, while it was on its way.
    if (!partition?.has(channel) || !shard.carries(partition)) return;
    const publication = this.messages.read(channel, message, delay);
    if (publication) this.listener?.received(channel, publication);
  }

  /** See {@link RedisShardListener.lost}. */
  lost(_shard: RedisShard, partitions: readonly RedisPartition[], why: string): void {
    const channels = partitions.flatMap((partition) => partition.detach());
    // While the broker starts, start() throws.
    if (this.state === 'stopped' || partitions.length === 0) return;
    const numbers = partitions.map(({ number }) => number).join(', ');
    this.logger.warn(`${this.name} is lost for partition ${numbers}: ${why}`);
    this.change('lost', channels);
    this.recovery ??= this.recover();
  }

  private partition(channel: string): RedisPartition {
    return this.partitions[partitionOf(channel, this.partitions.length)]!;
  }

  private newSlots(): (partition: RedisPartition) => Slot {
    const slots = new Map<RedisPartition, Slot>();
    return (partition) => {
      const slot = slots.get(partition) ?? this.newSlot(partition);
      slots.set(partition, slot);
      return slot;
    };
  }

  private newSlot(partition: RedisPartition): Slot {
    const { settings, messages, onEpoch } = this;
    const { prefix, partitions } = settings;
    const patient = new PatientScripts(() => partition.scripts('reach the history'));
    const server = new RedisHistoryServer(settings, messages, onEpoch, (use) => {
      if (this.state === 'stopped') throw this.notStarted(use);
      partition.scripts(use);
      return patient;
    });
    const names = partitionPrefix(prefix, partition.number);
    const tag = { command: 'SPUBLISH', partition: partition.number, partitions } as const;
    const keys = new HistoryKeys(names, names);
    return { history: new SlotHistory(keys, tag, server), presence: new SlotPresence(keys, tag, server) };
  }

  /** Attaches lost partitions to the shards that have them now. @throws when one of them stays lost. */
  private async attachAll(): Promise<void> {
    const { signal } = this.stopping;
    const map = await this.shards.map(signal);
    const lost = this.partitions.filter(({ isAttached }) => !isAttached);
    const byPrimary = new Map<string | undefined, RedisPartition[]>();
    for (const partition of lost) {
      const address = map.primaryOf(partition.slot);
      const others = byPrimary.get(address);
      if (others) others.push(partition);
      else byPrimary.set(address, [partition]);
    }
    const attaching = [...byPrimary].map(async ([address, partitions]) => {
      if (address === undefined)
        throw new BrokerError(`${this.name}: slot ${partitions[0]!.slot} has no server`);
      const shard = await this.shards.at(address, signal);
      await shard.carry(partitions);
    });
    const failed = (await Promise.allSettled(attaching)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
    signal.throwIfAborted();
    if (!this.partitions.every(({ isAttached }) => isAttached)) {
      throw new BrokerError(`${this.name}: a connection was closed`);
    }
    this.recovery = undefined;
    this.change('ready');
  }

  private async recover(): Promise<void> {
    const isBack = await recover(() => this.attachAll(), this.stopping.signal, this.logger);
    if (isBack) this.logger.log(`${this.name} is connected again`);
  }

  private change(state: BrokerState, channels?: readonly string[]): void {
    this.currentState = state;
    this.listener?.stateChanged(state, channels);
  }

  private notStarted(what: string): BrokerError {
    return new BrokerError(`cannot ${what}: ${this.name} is not started`);
  }
}
