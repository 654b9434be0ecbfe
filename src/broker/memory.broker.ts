import type { Publication } from '../protocol/publication.js';
import { BrokerError } from './broker.error.js';
import type { Broker, BrokerListener, BrokerState } from './broker.js';
import { MemoryHistory } from './memory.history.js';
import { MemoryPresenceBook } from './memory.presence-book.js';

/** The embedded broker of a single process: nothing to install, nothing to lose. */
export class MemoryBroker implements Broker {
  readonly isShared = false;
  readonly history = new MemoryHistory((channel, publication) => this.deliver(channel, publication));
  readonly presence = new MemoryPresenceBook((channel, publication) => this.deliver(channel, publication));
  private readonly channels = new Set<string>();
  private listener: BrokerListener | undefined;

  get state(): BrokerState {
    return this.listener ? 'ready' : 'stopped';
  }

  async start(listener: BrokerListener): Promise<void> {
    this.listener = listener;
    this.history.start();
    listener.stateChanged('ready');
  }

  async join(channel: string): Promise<void> {
    if (!this.listener) throw new BrokerError('cannot join: the broker is stopped');
    this.channels.add(channel);
  }

  async leave(channel: string): Promise<void> {
    this.channels.delete(channel);
  }

  publish(channel: string, publication: Publication): Promise<void> | undefined {
    if (!this.listener) return Promise.reject(new BrokerError('cannot publish: the broker is stopped'));
    this.deliver(channel, publication);
    return undefined;
  }

  async stop(): Promise<void> {
    this.listener = undefined;
    this.channels.clear();
    this.history.stop();
    this.presence.stop();
  }

  /** Delivers on this node. */
  deliver(channel: string, publication: Publication): void {
    if (this.channels.has(channel)) this.listener?.received(channel, publication);
  }
}
