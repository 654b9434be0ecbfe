import { Fifo } from './fifo.js';

describe('a queue', () => {
  it('gives back what was pushed, in that order, also when both go on in turn', () => {
    const queue = new Fifo<number>();
    const taken: (number | undefined)[] = [];
    for (let item = 0; item < 100; item++) {
      queue.push(item);
      if (item % 3 === 0) taken.push(queue.shift());
    }
    expect(queue.length).toBe(66);
    while (queue.length > 0) taken.push(queue.shift());
    expect(taken).toEqual(Array.from({ length: 100 }, (_, item) => item));
  });

  it('has nothing when it is empty, cleared or not, and goes on', () => {
    const queue = new Fifo<string>();
    expect([queue.shift(), queue.length]).toEqual([undefined, 0]);
    for (const item of ['a', 'b', 'c']) queue.push(item);
    queue.shift();
    queue.clear();
    expect([queue.shift(), queue.length]).toEqual([undefined, 0]);
    queue.push('d');
    expect([queue.shift(), queue.length]).toEqual(['d', 0]);
  });
});
