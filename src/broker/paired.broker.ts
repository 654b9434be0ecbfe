import type { Publication } from '../protocol/publication.js';
import { BrokerError } from './broker.error.js';
import type { Broker, BrokerListener, BrokerState } from './broker.js';
import type { BrokerHistory } from './history.js';
import type { KeySlots } from './key-slots.js';
import type { PresenceBook } from './presence-book.js';

/**
 * Listens on two brokers, for the time in which services move from one to the other: a publication arrives from
 * whichever carries it, and twice if both do. Publishes on the main one alone.
 */
export class PairedBroker implements Broker {
  readonly isShared = true;
  private readonly joined = new Set<string>();
  private listener: BrokerListener | undefined;
  private reported: BrokerState = 'stopped';
  private isAllLost = false;

  constructor(
    private readonly main: Broker,
    private readonly alternate: Broker,
  ) {}

  /** That of the main one: what the alternate brings has no place in it, whatever it says. */
  get history(): BrokerHistory {
    return this.main.history;
  }

  /** That of the main one. */
  get presence(): PresenceBook {
    return this.main.presence;
  }

  /** That of the main one. */
  get slots(): KeySlots | undefined {
    return this.main.slots;
  }

  /** `ready` only if both are; `lost` when either is. */
  get state(): BrokerState {
    const states = [this.main.state, this.alternate.state];
    if (!this.listener || states.includes('stopped')) return 'stopped';
    return states.includes('lost') ? 'lost' : 'ready';
  }

  async start(listener: BrokerListener): Promise<void> {
    if (this.listener) throw new BrokerError('a broker is started once');
    this.listener = listener;
    const half: BrokerListener = {
      received: (channel, publication) => this.listener?.received(channel, publication),
      stateChanged: (half, channels) => this.report(half, channels),
    };
    const other: BrokerListener = {
      ...half,
      received: (channel, publication) => half.received(channel, publication.unplaced()),
    };
    try {
      await this.main.start(half);
      await this.alternate.start(other);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async join(channel: string): Promise<void> {
    if (this.state !== 'ready') throw new BrokerError(`cannot join: one of the two brokers is ${this.state}`);
    const wasJoined = this.joined.has(channel);
    const results = await Promise.allSettled([this.main.join(channel), this.alternate.join(channel)]);
    const failed = results.find((result) => result.status === 'rejected');
    if (!failed) return void this.joined.add(channel);
    if (!wasJoined) await this.leave(channel);
    throw failed.reason;
  }

  async leave(channel: string): Promise<void> {
    this.joined.delete(channel);
    await Promise.all([this.main.leave(channel), this.alternate.leave(channel)]);
  }

  publish(channel: string, publication: Publication): Promise<void> | undefined {
    return this.main.publish(channel, publication);
  }

  async stop(): Promise<void> {
    this.listener = undefined;
    this.joined.clear();
    await Promise.all([this.main.stop(), this.alternate.stop()]);
  }

  /** Combines a change of one broker with the state of the other. */
  private report(half: BrokerState, channels: readonly string[] | undefined): void {
    const { state } = this;
    // Until both have started there is nothing to tell.
    if (state === 'stopped') return;
    // One is back, the other is not.
    if (state !== half && this.reported !== 'stopped') return;
    // All channels have been reported as lost already.
    if (state === this.reported && (state === 'ready' || this.isAllLost)) return;
    this.reported = state;
    this.isAllLost = state === 'lost' && channels === undefined;
    this.listener?.stateChanged(state, channels);
  }
}
