import type { StreamMessage } from './stream-message.js';
import { StreamPart } from './stream-part.js';

const message = (offset: number): StreamMessage => ({
  offset,
  content: Buffer.from(''),
  isMark: false,
  ticket: undefined,
});

describe('a part of a stream', () => {
  // A node kept the same messages twice, and took no position after them for its own.
  it('takes nothing after its end, whatever was on its way', async () => {
    const taken: number[] = [];
    const part = new StreamPart(({ offset }) => taken.push(offset) < 2, 1000);
    for (let offset = 0; offset < 5; offset++) part.take(message(offset));
    await part.ended;
    part.close();
    expect(taken).toEqual([0, 1]);
  });

  it('is given up when nothing comes', async () => {
    const part = new StreamPart(() => true, 1);
    await expect(part.ended).rejects.toThrow('cannot read the stream: RabbitMQ does not answer');
  });
});
