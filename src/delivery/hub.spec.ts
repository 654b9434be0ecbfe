import type { Broker, BrokerState } from '../broker/broker.js';
import { loadSettings } from '../config/load-settings.js';
import { Metrics } from '../metrics/metrics.js';
import { Hub } from './hub.js';
import type { Subscription } from './subscription.js';

class FakeBroker implements Broker {
  state: BrokerState = 'ready';
  readonly joined: string[] = [];

  async start(): Promise<void> {
    // nothing to connect
  }

  async join(channel: string): Promise<void> {
    this.joined.push(channel);
  }

  async leave(): Promise<void> {
    // nothing was joined
  }

  async publish(): Promise<void> {
    // nobody listens
  }

  async stop(): Promise<void> {
    // nothing was connected
  }
}

describe('the hub', () => {
  it('takes no subscription while the broker is lost, on no channel', async () => {
    const broker = new FakeBroker();
    const hub = new Hub(broker, new Metrics(loadSettings({})));
    broker.state = 'lost';
    await expect(hub.join({ channel: 'books.1' } as Subscription)).rejects.toThrow('Service unavailable.');
    expect([broker.joined, hub.channelCount]).toEqual([[], 0]);
  });
});
