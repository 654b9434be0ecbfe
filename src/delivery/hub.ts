import { Inject, Injectable, Logger } from '@nestjs/common';
import { BROKER, type Broker, type BrokerListener, type BrokerState } from '../broker/broker.js';
import { Metrics } from '../metrics/metrics.js';
import { ClientError } from '../protocol/errors.js';
import type { Publication } from '../protocol/publication.js';
import { Channel } from './channel.js';
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
   * @returns nothing when it is on its way already.
   * @throws when the broker could not take it, as a rejection.
   */
  publish(publication: Publication, source: 'http' | 'process'): Promise<void> | undefined {
    this.metrics.publicationTaken(source);
    return this.broker.publish(publication.subscription, publication);
  }

  /** Takes all publications of a channel for the node itself. @throws when the broker cannot be reached. */
  async listen(name: string, listener: (publication: Publication) => void): Promise<void> {
    this.listeners.set(name, listener);
    await this.broker.join(name);
  }

  /** Sends a publication that is for nodes, not for a topic. As {@link publish}. */
  broadcast(publication: Publication): Promise<void> | undefined {
    return this.broker.publish(publication.subscription, publication);
  }

  /**
   * Adds a subscription. When this resolves, every publication from now on reaches it.
   * @throws {ClientError} when the broker cannot be reached.
   */
  async join(subscription: Subscription): Promise<void> {
    if (this.broker.state !== 'ready') throw unavailable();
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
    const fanout = new Fanout(publication, publication.subscription === name);
    channel.receive(fanout, (error) => this.logger.error(error instanceof Error ? error.stack : error));
    this.metrics.fannedOut(fanout.delivered);
  }

  /** See {@link BrokerListener.stateChanged}. */
  stateChanged(state: BrokerState): void {
    this.metrics.brokerStateChanged(state === 'ready');
    this.onStateChange?.(state);
  }
}

/** A channel may be joined already when the broker is lost: a subscription to it would begin with a gap. */
function unavailable(cause?: unknown): ClientError {
  return new ClientError('service_unavailable', 'Service unavailable.', { cause });
}
