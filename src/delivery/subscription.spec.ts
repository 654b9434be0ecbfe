import type { Connection } from '../connection/connection.js';
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

  protected sibling(): undefined {
    return undefined;
  }

  protected fieldValue(): undefined {
    return undefined;
  }
}

describe('a publication', () => {
  it.each([
    [true, 1],
    [false, 0],
  ])('for a connection that is open: %s, is made and counted %d times', (isOpen, times) => {
    let sent = 0;
    const connection = { isOpen, send: () => sent++ } as unknown as Connection;
    const subscription = new PlainSubscription(connection, 'books.1', [], 1000);
    subscription.envelope = subscription.makeEnvelope();
    const fanout = new Fanout(Publication.parse('{"subscription":"books.1","data":1}'));
    subscription.receive(fanout);
    expect([sent, fanout.delivered]).toEqual([times, times]);
  });
});
