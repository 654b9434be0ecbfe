import type { ConsumeMessage } from 'amqplib';
import { eventually } from '../../../test/support/wait.js';
import { Keeping } from './keeping.js';

const message = (number: number): ConsumeMessage => ({ fields: { deliveryTag: number } }) as ConsumeMessage;

describe('messages that are to be kept', () => {
  let acknowledged: number[];
  let kept: number[];
  /** The number that had been kept at each acknowledgement. */
  let keptAtAck: number[];
  let reasons: string[];
  let keeping: Keeping;

  beforeEach(() => {
    [acknowledged, kept, keptAtAck, reasons] = [[], [], [], []];
    const ack = ({ fields }: ConsumeMessage): void => {
      acknowledged.push(fields.deliveryTag);
      keptAtAck.push(kept.length);
    };
    const giveUp = (reason: string): void => {
      reasons.push(reason);
      keeping.stop();
    };
    keeping = new Keeping({ channel: { ack }, giveUp }, 1);
  });

  /** Takes one that can be kept only after it was tried in vain. */
  function take(number: number, failures: number): void {
    let left = failures;
    keeping.take(message(number), async () => {
      if (left-- > 0) throw new Error('away');
      kept.push(number);
    });
  }

  it('are acknowledged together once each is kept, and kept once', async () => {
    keeping.take(message(0), undefined);
    for (const number of [1, 2, 3]) take(number, 3);
    await eventually(() => acknowledged.includes(3));
    expect([kept, acknowledged, reasons]).toEqual([[1, 2, 3], [0, 3], []]);
    expect(keptAtAck).toEqual([0, 3]);
  });

  it('are given up when they cannot be kept for long, and never acknowledged', async () => {
    take(1, Infinity);
    await eventually(() => reasons.length > 0);
    expect(reasons).toEqual(['triggers cannot be kept: away']);
    expect(acknowledged).toEqual([]);
  });
});
