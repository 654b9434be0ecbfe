import type { Connection } from '../connection/connection.js';
import { KeptBytes } from '../connection/kept-bytes.js';
import { Publication } from '../protocol/publication.js';
import type { Envelope } from './envelope.js';
import { Fanout } from './fanout.js';
import { Subscription } from './subscription.js';

class PlainSubscription extends Subscription {
  readonly envelopeKey = '';

  makeEnvelope(): Envelope {
    return { frame: ({ data }) => Buffer.from(data) };
  }

  missReport(): undefined {
    return undefined;
  }

  tellPosition(): void {
    // it follows no positions
  }

  protected tellReset(): void {
    // it follows no positions
  }

  protected sibling(): undefined {
    return undefined;
  }

  protected get filterValues(): readonly string[] {
    return [];
  }
}

describe('a publication', () => {
  it.each([
    [true, 1],
    [false, 0],
  ])('for a connection that is open: %s, is made and counted %d times', (isOpen, times) => {
    let sent = 0;
    const connection = { isOpen, send: () => sent++ } as unknown as Connection;
    const limits = { kept: new KeptBytes(1000), maxKeys: 10, maxHeldLength: 1000 };
    const subscription = new PlainSubscription(connection, 'books.1', { filterFields: [] }, limits);
    subscription.envelope = subscription.makeEnvelope();
    const fanout = new Fanout(Publication.parse('{"subscription":"books.1","data":1}'));
    subscription.receive(fanout);
    expect([sent, fanout.delivered]).toEqual([times, times]);
  });
});
