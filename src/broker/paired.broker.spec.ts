import type { Broker, BrokerListener, BrokerState } from './broker.js';
import { MemoryHistory } from './memory.history.js';
import { MemoryPresenceBook } from './memory.presence-book.js';
import { PairedBroker } from './paired.broker.js';

/** One of the two: it is what a test says that it is. */
class Half implements Broker {
  readonly isShared = true;
  state: BrokerState = 'stopped';
  readonly history = new MemoryHistory(() => undefined);
  readonly presence = new MemoryPresenceBook(() => undefined);
  private listener: BrokerListener | undefined;

  async start(listener: BrokerListener): Promise<void> {
    this.listener = listener;
    this.become('ready');
  }

  become(state: BrokerState, channels?: string[]): void {
    this.state = state;
    this.listener?.stateChanged(state, channels);
  }

  async join(): Promise<void> {
    // nothing is asked of it
  }

  async leave(): Promise<void> {
    // nothing was joined
  }

  async publish(): Promise<void> {
    // nobody listens
  }

  async stop(): Promise<void> {
    this.state = 'stopped';
  }
}

describe('what two brokers report', () => {
  let main: Half;
  let alternate: Half;
  let reported: [BrokerState, readonly string[] | undefined][];

  beforeEach(async () => {
    [main, alternate] = [new Half(), new Half()];
    reported = [];
    await new PairedBroker(main, alternate).start({
      received: () => undefined,
      stateChanged: (state, channels) => reported.push([state, channels]),
    });
    reported.length = 0;
  });

  it('is every loss of some channels, of either', () => {
    main.become('lost', ['books.1']);
    alternate.become('lost', ['books.2']);
    main.become('lost', ['books.3']);
    main.become('ready');
    alternate.become('ready');
    expect(reported).toEqual([
      ['lost', ['books.1']],
      ['lost', ['books.2']],
      ['lost', ['books.3']],
      ['ready', undefined],
    ]);
  });

  it('is the loss of all channels, after that of some, once', () => {
    main.become('lost', ['books.1']);
    alternate.become('lost');
    main.become('lost', ['books.2']);
    main.become('ready');
    expect(reported).toEqual([
      ['lost', ['books.1']],
      ['lost', undefined],
    ]);
  });
});
