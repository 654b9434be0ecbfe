import { Latest } from './latest.js';

describe('the latest of many', () => {
  it('are given the last one first, as many as are kept', () => {
    const latest = new Latest<number>(3);
    expect(latest.all()).toEqual([]);
    for (const item of [1, 2]) latest.add(item);
    expect(latest.all()).toEqual([2, 1]);
    for (const item of [3, 4, 5]) latest.add(item);
    expect(latest.all()).toEqual([5, 4, 3]);
  });
});
