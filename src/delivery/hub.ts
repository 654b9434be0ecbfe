import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Stoppable } from '../base/lifetime.js';
import { BROKER, type Broker, type BrokerListener, type BrokerState } from '../broker/broker.js';
import type { Appended, Appending } from '../broker/history.js';
import type { Connection } from '../connection/connection.js';
import type { ChannelLog, HistoryRules } from '../history/channel-log.js';
import { Histories } from '../history/histories.js';
import { LogLine } from '../metrics/log-line.js';
import { Metrics, type PublicationSource } from '../metrics/metrics.js';
import { ClientError } from '../protocol/errors.js';
import type { Position } from '../protocol/position.js';
import type { Publication } from '../protocol/publication.js';
import { Channel, type ChannelListener } from './channel.js';
import { Fanout } from './fanout.js';
import { NodeChannel, type NodeFollower, type NodeListener } from './node-listener.js';
import type { Subscription } from './subscription.js';
import type { Tally } from './tally.js';

/**
 * Told of every change of the broker's state. When it is lost, `affected` are the connections that may miss something;
 * all of them when it is absent.
 */
export type StateListener = (state: BrokerState, affected?: ReadonlySet<Connection>) => void;

/**
 * Brings publications to subscriptions. Whatever brought a publication in, {@link publish} is where it starts; the
 * broker carries it to the hub of every node, this one included.
 */
@Injectable()
export class Hub implements BrokerListener, Stoppable {
  private readonly logger = new Logger('Hub');
  /** Those that this node listens on for clients, by name; changed here alone. */
  readonly channels = new Map<string, Channel>();
  /** Those that the node itself listens on. */
  private readonly own = new Map<string, NodeChannel>();
  private readonly tally: Tally;
  private onStateChange: StateListener | undefined;

  constructor(
    @Inject(BROKER) private readonly broker: Broker,
    private readonly histories: Histories,
    private readonly metrics: Metrics,
  ) {
    this.tally = {
      delivered: () => metrics.delivered(1),
      dropped: (reason) => metrics.dropped(reason),
      forgot: (rule) => metrics.keyForgotten(rule),
    };
  }

  /** Whether there may be other nodes. */
  get isShared(): boolean {
    return this.broker.isShared;
  }

  /** The number of channels that this node listens on. */
  get channelCount(): number {
    return this.channels.size;
  }

  /** Connects the broker. @throws when it cannot be reached. */
  async start(onStateChange: StateListener): Promise<void> {
    this.onStateChange = onStateChange;
    await this.broker.start(this);
  }

  /** Disconnects the broker. */
  async stop(): Promise<void> {
    await this.broker.stop();
    this.metrics.brokerStateChanged(false);
  }

  /**
   * Sends a publication on its way to every subscription of its topic, on all nodes.
   * @returns nothing when it is on its way already.
   * @throws when the broker could not take it, as a rejection.
   */
  publish(publication: Publication, source: 'http' | 'process'): Promise<void> | undefined {
    this.metrics.publicationTaken(source);
    return this.broker.publish(publication.subscription, publication);
  }

  /**
   * As {@link publish}, to a channel with a history.
   * @returns its place there.
   */
  async append(publication: Publication, source: PublicationSource, appending: Appending): Promise<Appended> {
    this.metrics.publicationTaken(source);
    const appended = await this.broker.history.append(publication.subscription, publication, appending);
    if (appended.isRepeated) this.metrics.history.repeated();
    return appended;
  }

  /** Takes all publications of a channel for the node itself. @throws when the broker cannot be reached. */
  async listen(name: string, listener: NodeListener): Promise<void> {
    this.own.set(name, new NodeChannel(listener));
    await this.broker.join(name);
  }

  /** As {@link listen}, of a channel with a history: once and in order. @returns it. @throws as there. */
  async follow(name: string, listener: NodeFollower, history: HistoryRules): Promise<ChannelLog> {
    const log = this.histories.follow(name, history, {
      deliver: (publication) => listener.received(publication),
      reset: (top) => listener.reset(top),
      checked: (top) => listener.checked(top),
    });
    this.own.set(name, new NodeChannel(listener, log));
    await this.broker.join(name);
    await log.open();
    return log;
  }

  /** Sends a publication that is for nodes, not for a topic. As {@link publish}. */
  broadcast(publication: Publication): Promise<void> | undefined {
    return this.broker.publish(publication.subscription, publication);
  }

  /** Leaves a publication to the other nodes, where the broker can; see {@link Broker.will}. */
  will(publication: Publication): void {
    this.broker.will?.(publication.subscription, publication);
  }

  /**
   * Adds a subscription. When this resolves, every publication from now on reaches it.
   * @throws {ClientError} when the broker cannot be reached.
   */
  async join(subscription: Subscription): Promise<void> {
    const channel = this.channelOf(subscription.channel, subscription.rules.history);
    subscription.tally = this.tally;
    channel.add(subscription);
    this.metrics.subscriptionsChanged('topic', 1);
    try {
      await this.untilHeard(subscription.channel, channel);
    } catch (cause) {
      this.leave(subscription);
      throw unavailable(cause);
    }
  }

  /**
   * Hands every publication of a channel to a listener, as it came, from when this resolves, and tells it when the
   * broker is lost.
   * @param history how much of it is kept, if anything is.
   * @returns what ends that.
   * @throws {ClientError} when the broker cannot be reached.
   */
  async tap(name: string, listener: ChannelListener, history?: HistoryRules): Promise<() => void> {
    const channel = this.channelOf(name, history);
    channel.addListener(listener);
    const end = (): void => {
      channel.removeListener(listener);
      this.leaveIfEmpty(name);
    };
    try {
      await this.untilHeard(name, channel);
    } catch (cause) {
      end();
      throw unavailable(cause);
    }
    return end;
  }

  /** Finds what the client of a subscription that has joined has missed. See {@link Channel.recover}. */
  async recover(subscription: Subscription, since: Position): ReturnType<Channel['recover']> {
    try {
      return (await this.channels.get(subscription.channel)?.recover(since)) ?? 'position_lost';
    } catch (cause) {
      throw unavailable(cause);
    }
  }

  /**
   * All that is kept of a channel with a history that somebody here listens on, up to what has been heard when this
   * resolves; nothing when not all of it can be read.
   * @throws {ClientError} when the broker cannot be reached.
   */
  async kept(name: string): Promise<readonly Publication[] | undefined> {
    try {
      const recovery = await this.channels.get(name)?.log?.recover('oldest', false);
      return recovery && 'missed' in recovery ? recovery.missed : undefined;
    } catch (cause) {
      throw unavailable(cause);
    }
  }

  /** The position of the last publication of a channel that has passed here; nothing where no history is kept. */
  topOf(channel: string): Position | undefined {
    return this.channels.get(channel)?.log?.top;
  }

  /** The connections of this node with a subscription on a channel. */
  connectionsOn(channel: string): ReadonlySet<Connection> {
    const connections = new Set<Connection>();
    this.channels.get(channel)?.addConnections(connections);
    return connections;
  }

  /** Removes a subscription; nothing reaches it any more. */
  leave(subscription: Subscription): void {
    subscription.end();
    if (this.channels.get(subscription.channel)?.remove(subscription))
      this.metrics.subscriptionsChanged('topic', -1);
    this.leaveIfEmpty(subscription.channel);
  }

  /** See {@link BrokerListener.received}. */
  received(name: string, publication: Publication): void {
    this.own.get(name)?.receive(publication);
    const channel = this.channels.get(name);
    if (!channel) return;
    if (channel.log) channel.log.receive(publication);
    else this.fanOut(name, channel, publication);
  }

  private fanOut(name: string, channel: Channel, publication: Publication): void {
    const fanout = new Fanout(publication, publication.subscription === name);
    channel.receive(fanout, (error, connection) => this.logger.error(LogLine.fault(connection, error)));
    this.metrics.fannedOut(fanout.delivered);
  }

  /** See {@link BrokerListener.stateChanged}. */
  stateChanged(state: BrokerState, channels?: readonly string[]): void {
    this.metrics.brokerStateChanged(state === 'ready');
    if (state === 'lost') this.lose(channels ?? this.names());
    if (state === 'ready') this.comeBack();
    this.onStateChange?.(state, this.affectedBy(channels));
  }

  /**
   * The connections that may miss something: those with a subscription to one of the channels, or to any, that has no
   * history, and those for whom the node itself listens on one. None are named when no channel has a history: all may.
   */
  private affectedBy(channels: readonly string[] | undefined): ReadonlySet<Connection> | undefined {
    if (!channels && !this.histories.isUsed) return undefined;
    const affected = new Set<Connection>();
    for (const name of channels ?? this.names()) {
      this.own.get(name)?.addConnections(affected);
      const channel = this.channels.get(name);
      if (!channel?.log) channel?.addConnections(affected);
    }
    return affected;
  }

  private lose(channels: Iterable<string>): void {
    for (const name of channels) {
      this.channels.get(name)?.lose();
      this.own.get(name)?.lose();
    }
  }

  private names(): readonly string[] {
    return [...this.channels.keys(), ...this.own.keys()];
  }

  private comeBack(): void {
    for (const { log } of this.channels.values()) log?.back();
    for (const channel of this.own.values()) channel.back();
  }

  private channelOf(name: string, history: HistoryRules | undefined): Channel {
    let channel = this.channels.get(name);
    if (!channel) {
      channel = new Channel();
      this.channels.set(name, channel);
      if (history) channel.log = this.followed(name, channel, history);
      channel.joined = this.opened(name, channel);
    }
    return channel;
  }

  private followed(name: string, channel: Channel, history: HistoryRules): ChannelLog {
    return this.histories.follow(name, history, {
      deliver: (publication) => this.fanOut(name, channel, publication),
      reset: (top) => channel.reset(top),
      checked: () => channel.tellLatest(),
    });
  }

  private async opened(name: string, { log }: Channel): Promise<void> {
    await this.broker.join(name);
    await log?.open();
  }

  /** Joins again unless the broker is ready: an earlier join may be lost, and a subscription would begin with a gap. */
  private async untilHeard(name: string, channel: Channel): Promise<void> {
    await channel.joined;
    if (this.broker.state !== 'ready') await this.broker.join(name);
  }

  private leaveIfEmpty(name: string): void {
    if (!this.channels.get(name)?.isEmpty) return;
    this.channels.delete(name);
    this.histories.forget(name);
    void this.broker.leave(name);
  }
}

function unavailable(cause?: unknown): ClientError {
  return new ClientError('service_unavailable', 'Service unavailable.', { cause });
}
