import { jest } from '@jest/globals';
import { BrokerError } from '../broker/broker.error.js';
import type { Broker, BrokerListener, BrokerState } from '../broker/broker.js';
import { MemoryHistory } from '../broker/memory.history.js';
import { MemoryPresenceBook } from '../broker/memory.presence-book.js';
import type { Connection } from '../connection/connection.js';
import { loadSettings } from '../config/loading/load-settings.js';
import { Histories } from '../history/histories.js';
import { Metrics } from '../metrics/metrics.js';
import { Position } from '../protocol/position.js';
import { Hub } from './hub.js';
import type { Subscription } from './subscription.js';

/** A broker that can be lost for some channels, or for all. */
class FakeBroker implements Broker {
  readonly isShared = true;
  state: BrokerState = 'ready';
  readonly joined = new Set<string>();
  readonly history = new MemoryHistory(() => undefined);
  readonly presence = new MemoryPresenceBook(() => undefined);
  private listener: BrokerListener | undefined;
  private lost: readonly string[] | undefined = [];

  async start(listener: BrokerListener): Promise<void> {
    this.listener = listener;
  }

  async join(channel: string): Promise<void> {
    if (this.lost?.includes(channel) ?? true) throw new BrokerError('lost');
    this.joined.add(channel);
  }

  async leave(channel: string): Promise<void> {
    this.joined.delete(channel);
  }

  async publish(): Promise<void> {
    // nobody listens
  }

  async stop(): Promise<void> {
    // nothing was connected
  }

  lose(...channels: string[]): void {
    this.state = 'lost';
    this.lost = channels.length > 0 ? channels : undefined;
    this.listener?.stateChanged('lost', this.lost);
  }
}

/** A subscription, as far as the hub needs one; the connection is only compared. */
function subscription(channel: string, connection: object = {}): Subscription {
  return {
    channel,
    connection,
    rules: {},
    makeEnvelope: () => ({}),
    end: () => undefined,
  } as unknown as Subscription;
}

describe('the hub', () => {
  let broker: FakeBroker;
  let hub: Hub;
  let reported: [BrokerState, unknown[] | undefined][];

  beforeEach(async () => {
    broker = new FakeBroker();
    const { metrics: settings, history } = loadSettings({});
    const metrics = new Metrics(settings);
    hub = new Hub(broker, new Histories(broker, history, metrics), metrics);
    reported = [];
    await hub.start((state, affected) => reported.push([state, affected && [...affected]]));
  });

  it('takes no subscription while the broker is lost, on no channel', async () => {
    await hub.join(subscription('books.1'));
    broker.lose();
    await expect(hub.join(subscription('books.2'))).rejects.toThrow('Service unavailable.');
    await expect(hub.join(subscription('books.1'))).rejects.toThrow('Service unavailable.');
    expect([...broker.joined, hub.channelCount]).toEqual(['books.1', 1]);
    expect(reported).toEqual([['lost', undefined]]);
  });

  it('takes subscriptions to other channels while the broker is lost for some', async () => {
    await hub.join(subscription('books.1'));
    broker.lose('books.1', 'books.2');
    await expect(hub.join(subscription('books.1'))).rejects.toThrow('Service unavailable.');
    await expect(hub.join(subscription('books.2'))).rejects.toThrow('Service unavailable.');
    await hub.join(subscription('books.3'));
    expect([...broker.joined]).toEqual(['books.1', 'books.3']);
  });

  it('names the connections that have a subscription to a channel that is lost', async () => {
    const [first, second, third] = ['first', 'second', 'third'].map((name) => ({ name }));
    await hub.join(subscription('books.1', first));
    await hub.join(subscription('books.1', second));
    await hub.join(subscription('books.2', first));
    await hub.join(subscription('books.3', third));
    broker.lose('books.1', 'books.2', 'books.4');
    expect(reported).toEqual([['lost', [first, second]]]);
  });

  it('names those who miss something without a history, when all channels are lost and some have one', async () => {
    const [first, second] = ['first', 'second'].map((name) => ({ name }) as unknown as Connection);
    jest
      .spyOn(broker.history, 'read')
      .mockResolvedValue({ top: new Position('e', 1), publications: [], ordered: [] });
    const listener = { received: () => undefined, reset: () => undefined, checked: () => undefined };
    const rules = { size: 1, ttlMs: 1000, unsequenced: 'live' } as const;
    await hub.follow('kept', { ...listener, addConnections: (all) => all.add(second!) }, rules);
    await hub.listen('rooms', { ...listener, addConnections: (all) => all.add(first!) });
    broker.lose();
    expect(reported).toEqual([['lost', [first]]]);
  });

  it('names those for whom the node itself listens on such a channel, besides', async () => {
    const [first, second, third] = ['first', 'second', 'third'].map(
      (name) => ({ name }) as unknown as Connection,
    );
    await hub.listen('kittiwake:rooms', {
      received: () => undefined,
      addConnections: (connections) => connections.add(second!).add(third!),
    });
    await hub.join(subscription('books.1', first));
    await hub.join(subscription('books.2', second));
    broker.lose('books.1', 'books.3');
    broker.lose('books.1', 'kittiwake:rooms');
    expect(reported).toEqual([
      ['lost', [first]],
      ['lost', [first, second, third]],
    ]);
  });
});
