import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import type { RedisSettings } from '../../config/sections/broker/redis.settings.js';
import type { Publication } from '../../protocol/publication.js';
import { BrokerError, brokerError } from '../broker.error.js';
import type { Broker, BrokerListener, BrokerState } from '../broker.js';
import type { KeySlots } from '../key-slots.js';
import type { Delay } from './link/arrivals.js';
import { RedisChannels } from './channels.js';
import { PLAIN } from './link/dialect.js';
import { explainedError } from './link/faults.js';
import { RedisHistoryServer } from './history-server.js';
import { ALL_CHANNELS, HistoryKeys } from './history/keys.js';
import type { ScriptRunner } from './history/script-runner.js';
import { SlotHistory } from './history/slot-history.js';
import { RedisLink } from './link/link.js';
import { RedisMessages } from './messages.js';
import { SlotPresence } from './presence/slot-presence.js';
import { PROBE, type RedisManner } from './link/pair.js';
import { describeRedis } from './link/places.js';
import { recover } from './recovery.js';
import { RedisHistory } from './redis.history.js';
import { RedisPresenceBook } from './redis.presence-book.js';
import { RedisRole } from './role.js';

/**
 * Makes any number of nodes one gateway by Redis publish/subscribe; services may PUBLISH on the same channels.
 * A lost Redis is connected to again for as long as the broker runs, and every channel still joined is joined again
 * before the state is `ready`.
 */
export class RedisBroker implements Broker {
  readonly isShared = true;
  readonly history: RedisHistory;
  readonly presence: RedisPresenceBook;
  readonly slots: KeySlots | undefined;
  private readonly logger = new Logger('Broker');
  private readonly stopping = new AbortController();
  private readonly channels: RedisChannels;
  private readonly name: string;
  private readonly manner: RedisManner;
  private listener: BrokerListener | undefined;
  private link: RedisLink | undefined;
  private recovery: Promise<unknown> | undefined;
  private currentState: BrokerState = 'stopped';

  /**
   * @param onEpoch called when the histories in Redis begin an epoch by this node.
   * @throws when the URL is not one; the message does not repeat it.
   */
  constructor(
    private readonly settings: RedisSettings,
    private readonly messages = new RedisMessages(),
    onEpoch: () => void = () => undefined,
  ) {
    this.name = describeRedis(settings);
    this.channels = new RedisChannels(settings.prefix);
    const role = new RedisRole();
    const check = settings.clusterNodes.length > 0 ? clusterFault : (client: Redis) => role.fault(client);
    this.manner = { dialect: PLAIN, probe: settings.prefix + PROBE, check };
    const server = new RedisHistoryServer(settings, messages, onEpoch, (use) => this.scripts(use));
    const keys = HistoryKeys.ofAll(settings.prefix);
    const slot = new SlotHistory(keys, ALL_CHANNELS, server);
    this.history = new RedisHistory(messages, { of: () => slot, all: () => [slot] });
    const presence = new SlotPresence(keys, ALL_CHANNELS, server);
    this.presence = new RedisPresenceBook(() => presence);
    this.slots = settings.clusterNodes.length > 0 ? undefined : this.oneSlot();
  }

  get state(): BrokerState {
    return this.currentState;
  }

  async start(listener: BrokerListener): Promise<void> {
    if (this.listener) throw new BrokerError('a broker is started once');
    this.listener = listener;
    await this.connect();
  }

  join(channel: string): Promise<void> {
    if (!this.link || this.state !== 'ready') return Promise.reject(this.unavailable('join'));
    return this.channels.join(channel, this.link);
  }

  async leave(channel: string): Promise<void> {
    this.channels.leave(channel, this.link);
  }

  async publish(channel: string, publication: Publication): Promise<void> {
    if (!this.link || this.state !== 'ready') throw this.unavailable('publish');
    this.messages.assertCarried(publication);
    try {
      await this.link.publish(this.settings.prefix + channel, publication.text);
    } catch (error) {
      throw brokerError(error, `cannot publish to ${this.name}`);
    }
  }

  async stop(): Promise<void> {
    this.currentState = 'stopped';
    this.stopping.abort(new Error('the broker was stopped'));
    this.history.stop();
    this.channels.clear();
    await Promise.all([this.link?.close(), this.recovery]);
  }

  private oneSlot(): KeySlots {
    const { prefix } = HistoryKeys.ofAll(this.settings.prefix);
    const slot = {
      prefix,
      ask: async <T>(question: (client: Redis) => Promise<T>): Promise<T> => this.linked('ask').ask(question),
    };
    return { of: () => slot };
  }

  /** @throws {BrokerError} while Redis is lost. */
  private scripts(use: string): ScriptRunner {
    return this.linked(use).scripts;
  }

  private linked(use: string): RedisLink {
    if (!this.link || this.state !== 'ready') throw this.unavailable(use);
    return this.link;
  }

  /** Opens a link, joins the channels of this node again, and becomes `ready`. */
  private async connect(): Promise<void> {
    const { signal } = this.stopping;
    const link = await RedisLink.open(
      this.settings,
      this.manner,
      {
        received: (name, message, delay) => this.receive(name, message, delay),
        lost: (fault) => this.lose(fault),
      },
      signal,
    );
    this.link = link;
    try {
      await this.channels.rejoin(link);
      if (link.isClosed || signal.aborted) throw new BrokerError('the connection was closed');
    } catch (error) {
      await link.close();
      throw explainedError(this.name, error, this.settings);
    }
    this.change('ready');
  }

  private receive(name: Buffer, message: Buffer, delay: Delay | undefined): void {
    const channel = name.toString().slice(this.settings.prefix.length);
    if (!this.channels.has(channel)) return;
    const publication = this.messages.read(channel, message, delay);
    if (publication) this.listener?.received(channel, publication);
  }

  private lose(fault: string): void {
    // Before it is ready, connect() throws.
    if (this.state !== 'ready') return;
    this.logger.warn(`${this.name} is lost: ${fault}`);
    this.change('lost');
    this.recovery = this.recover();
  }

  private async recover(): Promise<void> {
    const isBack = await recover(() => this.connect(), this.stopping.signal, this.logger);
    if (isBack) this.logger.log(`${this.name} is connected again, ${this.channels.size} channels joined`);
  }

  private change(state: BrokerState): void {
    this.currentState = state;
    this.listener?.stateChanged(state);
  }

  private unavailable(what: string): BrokerError {
    return new BrokerError(
      `cannot ${what}: ${this.name} is ${this.state === 'lost' ? 'lost' : 'not started'}`,
    );
  }
}

/** Checks a node of a Cluster: one that is cut off still answers, but gets no publications of the other nodes. */
async function clusterFault(client: Redis): Promise<string | undefined> {
  const info = await client.cluster('INFO');
  return info.includes('cluster_state:ok') ? undefined : 'the state of the Cluster is not ok';
}
