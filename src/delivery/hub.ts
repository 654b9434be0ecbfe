import { Inject, Injectable, Logger } from '@nestjs/common';
import { BROKER, type Broker, type BrokerListener, type BrokerState } from '../broker/broker.js';
import type { Connection } from '../connection/connection.js';
import { Metrics } from '../metrics/metrics.js';
import { ClientError } from '../protocol/errors.js';
import type { Publication } from '../protocol/publication.js';
import { Channel } from './channel.js';
import { Fanout } from './fanout.js';
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
export class Hub implements BrokerListener {
  private readonly logger = new Logger('Hub');
  private readonly channels = new Map<string, Channel>();
  private readonly listeners = new Map<string, (publication: Publication) => void>();
  private readonly tally: Tally;
  private onStateChange: StateListener | undefined;

  constructor(
    @Inject(BROKER) private readonly broker: Broker,
    private readonly metrics: Metrics,
  ) {
    this.tally = { delivered: () => metrics.delivered(1), dropped: (reason) => metrics.dropped(reason) };
  }

  /** How many channels this node listens on. */
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
   * @throws when the broker could not take it.
   */
  publish(publication: Publication, source: 'http' | 'process'): Promise<void> {
    this.metrics.publicationTaken(source);
    return this.broker.publish(publication.subscription, publication);
  }

  /** Takes all publications of a channel for the node itself. @throws when the broker cannot be reached. */
  async listen(name: string, listener: (publication: Publication) => void): Promise<void> {
    this.listeners.set(name, listener);
    await this.broker.join(name);
  }

  /** Sends a publication that is for nodes, not for a topic. @throws when the broker could not take it. */
  broadcast(publication: Publication): Promise<void> {
    return this.broker.publish(publication.subscription, publication);
  }

  /**
   * Adds a subscription. When this resolves, every publication from now on reaches it.
   * @throws {ClientError} when the broker cannot be reached.
   */
  async join(subscription: Subscription): Promise<void> {
    const { channel: name } = subscription;
    let channel = this.channels.get(name);
    if (!channel) {
      channel = new Channel(this.broker.join(name));
      this.channels.set(name, channel);
    }
    subscription.tally = this.tally;
    channel.add(subscription);
    try {
      await channel.joined;
      // What was joined earlier may be lost by now: a subscription to it would begin with a gap.
      if (this.broker.state !== 'ready') await this.broker.join(name);
    } catch (cause) {
      this.leave(subscription);
      throw unavailable(cause);
    }
  }

  /** Removes a subscription; nothing reaches it any more. */
  leave(subscription: Subscription): void {
    subscription.end();
    const channel = this.channels.get(subscription.channel);
    channel?.remove(subscription);
    if (!channel?.isEmpty) return;
    this.channels.delete(subscription.channel);
    void this.broker.leave(subscription.channel);
  }

  /** See {@link BrokerListener.received}. */
  received(name: string, publication: Publication): void {
    this.listeners.get(name)?.(publication);
    const channel = this.channels.get(name);
    if (!channel) return;
    const fanout = new Fanout(publication);
    channel.receive(fanout, (error) => this.logger.error(error instanceof Error ? error.stack : error));
    this.metrics.fannedOut(fanout.delivered, fanout.dropped);
  }

  /** See {@link BrokerListener.stateChanged}. */
  stateChanged(state: BrokerState, channels?: readonly string[]): void {
    this.metrics.brokerStateChanged(state === 'ready');
    this.onStateChange?.(state, channels && this.affectedBy(channels));
  }

  /** The connections with a subscription to one of the channels; none are named when the node itself listens on one. */
  private affectedBy(channels: readonly string[]): ReadonlySet<Connection> | undefined {
    const affected = new Set<Connection>();
    for (const name of channels) {
      if (this.listeners.has(name)) return undefined;
      this.channels.get(name)?.addConnections(affected);
    }
    return affected;
  }
}

function unavailable(cause?: unknown): ClientError {
  return new ClientError('service_unavailable', 'Service unavailable.', { cause });
}
