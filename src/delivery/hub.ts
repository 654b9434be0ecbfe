import { Inject, Injectable, Logger } from '@nestjs/common';
import { BROKER, type Broker, type BrokerListener, type BrokerState } from '../broker/broker.js';
import { Metrics } from '../metrics/metrics.js';
import { ClientError } from '../protocol/errors.js';
import type { Publication } from '../protocol/publication.js';
import { Channel, type ChannelListener } from './channel.js';
import { Fanout } from './fanout.js';
import type { Subscription } from './subscription.js';
import type { Tally } from './tally.js';

/** Told of every change of the broker's state. */
export type StateListener = (state: BrokerState) => void;

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
    const channel = this.channelOf(subscription.channel);
    subscription.tally = this.tally;
    channel.add(subscription);
    try {
      await channel.joined;
    } catch (cause) {
      this.leave(subscription);
      throw unavailable(cause);
    }
  }

  /**
   * Hands every publication of a channel to a listener, as it came, from when this resolves, and tells it when the
   * broker is lost.
   * @returns what ends that.
   * @throws {ClientError} when the broker cannot be reached.
   */
  async tap(name: string, listener: ChannelListener): Promise<() => void> {
    const channel = this.channelOf(name);
    channel.addListener(listener);
    const end = (): void => {
      channel.removeListener(listener);
      this.leaveIfEmpty(name);
    };
    try {
      await channel.joined;
    } catch (cause) {
      end();
      throw unavailable(cause);
    }
    return end;
  }

  /** Removes a subscription; nothing reaches it any more. */
  leave(subscription: Subscription): void {
    subscription.end();
    this.channels.get(subscription.channel)?.remove(subscription);
    this.leaveIfEmpty(subscription.channel);
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
  stateChanged(state: BrokerState): void {
    this.metrics.brokerStateChanged(state === 'ready');
    if (state === 'lost') for (const channel of this.channels.values()) channel.lose();
    this.onStateChange?.(state);
  }

  /** @throws {ClientError} when the broker cannot be reached. */
  private channelOf(name: string): Channel {
    if (this.broker.state !== 'ready') throw unavailable();
    let channel = this.channels.get(name);
    if (!channel) {
      channel = new Channel(this.broker.join(name));
      this.channels.set(name, channel);
    }
    return channel;
  }

  private leaveIfEmpty(name: string): void {
    if (!this.channels.get(name)?.isEmpty) return;
    this.channels.delete(name);
    void this.broker.leave(name);
  }
}

/** A channel may be joined already when the broker is lost: a subscription to it would begin with a gap. */
function unavailable(cause?: unknown): ClientError {
  return new ClientError('service_unavailable', 'Service unavailable.', { cause });
}
