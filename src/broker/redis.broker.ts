import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Publication } from '../protocol/publication.js';
import { BrokerError, brokerError, faultText } from './broker.error.js';
import type { Broker, BrokerListener, BrokerState } from './broker.js';
import { RedisLink } from './redis.link.js';
import { RedisMessages, type DropReason } from './redis.messages.js';
import { DEFAULT_MAX_MESSAGE_BYTES, describeRedis, type RedisBrokerSettings } from './redis.settings.js';

const MIN_RECONNECT_MS = 100;
const MAX_RECONNECT_MS = 2000;

/**
 * Makes any number of nodes one gateway by Redis publish/subscribe; services may PUBLISH on the same channels.
 * A lost Redis is connected to again for as long as the broker runs, and every channel still joined is joined again
 * before the state is `ready`.
 */
export class RedisBroker implements Broker {
  private readonly logger = new Logger(RedisBroker.name);
  private readonly stopping = new AbortController();
  /** The channels of this node, each with its confirmation. */
  private readonly joined = new Map<string, Promise<void>>();
  private readonly name: string;
  private readonly maxBytes: number;
  private readonly messages: RedisMessages;
  private listener: BrokerListener | undefined;
  private link: RedisLink | undefined;
  private recovery: Promise<void> | undefined;
  private currentState: BrokerState = 'stopped';

  /**
   * @param onDropped is told of each message that is not delivered because it is not a publication or too large.
   * @throws when the URL is not one; the message does not repeat it.
   */
  constructor(
    private readonly settings: RedisBrokerSettings,
    onDropped: (reason: DropReason) => void = () => undefined,
  ) {
    this.name = describeRedis(settings);
    this.maxBytes = settings.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES;
    this.messages = new RedisMessages(this.maxBytes, onDropped);
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
    const earlier = this.joined.get(channel);
    if (earlier) return earlier;
    const joining = this.link.subscriptions.join(this.settings.prefix + channel);
    this.joined.set(channel, joining);
    joining.catch(() => {
      if (this.joined.get(channel) === joining) this.joined.delete(channel);
    });
    return joining;
  }

  async leave(channel: string): Promise<void> {
    if (this.joined.delete(channel)) this.link?.subscriptions.leave(this.settings.prefix + channel);
  }

  async publish(channel: string, publication: Publication): Promise<void> {
    if (!this.link || this.state !== 'ready') throw this.unavailable('publish');
    const bytes = Buffer.byteLength(publication.text);
    if (bytes > this.maxBytes) {
      throw new BrokerError(`cannot publish: ${bytes} bytes, allowed are ${this.maxBytes}`);
    }
    try {
      await this.link.publish(this.settings.prefix + channel, publication.text);
    } catch (error) {
      throw brokerError(error, `cannot publish to ${this.name}`);
    }
  }

  async stop(): Promise<void> {
    this.currentState = 'stopped';
    this.stopping.abort(new Error('the broker was stopped'));
    this.joined.clear();
    await Promise.all([this.link?.close(), this.recovery]);
  }

  /** Opens a link, joins what this node has joined, and is ready. */
  private async connect(): Promise<void> {
    const { signal } = this.stopping;
    const link = await RedisLink.open(
      this.settings,
      { received: (channel, message) => this.receive(channel, message), lost: (fault) => this.lose(fault) },
      signal,
    );
    this.link = link;
    try {
      const channels = [...this.joined.keys()].map((channel) => this.settings.prefix + channel);
      await link.subscriptions.joinAll(channels, (channel) => this.joined.has(this.topicOf(channel)));
      if (link.isClosed || signal.aborted) throw new BrokerError(`${this.name}: the connection was closed`);
    } catch (error) {
      await link.close();
      throw error;
    }
    this.change('ready');
  }

  private receive(name: Buffer, message: Buffer): void {
    const channel = this.topicOf(name.toString());
    if (!this.joined.has(channel)) return;
    const publication = this.messages.read(channel, message);
    if (publication) this.listener?.received(channel, publication);
  }

  private topicOf(channel: string): string {
    return channel.slice(this.settings.prefix.length);
  }

  private lose(fault: string): void {
    // Before it is ready, whoever opens the link sees it fail.
    if (this.state !== 'ready') return;
    this.logger.warn(`${this.name} is lost: ${fault}`);
    this.change('lost');
    this.recovery = this.recover();
  }

  private async recover(): Promise<void> {
    const { signal } = this.stopping;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        await delay(reconnectDelayMs(attempt), undefined, { signal });
        await this.connect();
        this.logger.log(`${this.name} is connected again, ${this.joined.size} channels joined`);
        return;
      } catch (error) {
        if (!signal.aborted) this.logger.debug(`not connected: ${faultText(error)}`);
      }
    }
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

/** Grows from attempt to attempt, and differs from node to node so that they do not come back all at once. */
function reconnectDelayMs(attempt: number): number {
  const ceilingMs = Math.min(MAX_RECONNECT_MS, MIN_RECONNECT_MS * 2 ** (attempt + 1));
  return MIN_RECONNECT_MS + Math.random() * (ceilingMs - MIN_RECONNECT_MS);
}
