import type { Broker, BrokerListener, BrokerState } from '../../src/broker/broker.js';
import { Publication } from '../../src/protocol/publication.js';
import { eventually } from '../support/wait.js';

/** One node of a test: a broker, and all that it has reported. */
export class Recorder implements BrokerListener {
  readonly arrived: { channel: string; publication: Publication }[] = [];
  readonly states: BrokerState[] = [];
  /** The channels of each loss that was not one of all channels. */
  readonly losses: string[][] = [];
  /** What else a test does when something arrives or changes. */
  onReceived: () => void = () => undefined;
  onStateChanged: (state: BrokerState) => void = () => undefined;

  constructor(readonly broker: Broker) {}

  received(channel: string, publication: Publication): void {
    this.arrived.push({ channel, publication });
    this.onReceived();
  }

  stateChanged(state: BrokerState, channels?: readonly string[]): void {
    this.states.push(state);
    if (channels) this.losses.push(channels.toSorted());
    this.onStateChanged(state);
  }

  start(): Promise<void> {
    return this.broker.start(this);
  }

  /** The texts that have arrived, once there are so many. */
  async texts(count: number): Promise<string[]> {
    const what = `publication ${count}`;
    await eventually(() => this.arrived.length >= count, { what });
    return this.arrived.map(({ publication }) => publication.text);
  }

  /** The channels on which publications have arrived, once there are so many. */
  async channels(count: number): Promise<string[]> {
    await this.texts(count);
    return this.arrived.map(({ channel }) => channel);
  }

  /** The states that were reported, once there are so many. */
  async reported(count: number): Promise<BrokerState[]> {
    await eventually(() => this.states.length >= count, { what: `change of state ${count}` });
    return this.states;
  }
}

/** A publication whose data tells it from the others. */
export function publication(data: unknown = null, subscription = 'books.book_1'): Publication {
  return Publication.parse(JSON.stringify({ subscription, data }));
}
