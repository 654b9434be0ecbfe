import { setImmediate as nextTurn } from 'node:timers/promises';
import { Drain } from './drain.js';

describe('a drain', () => {
  it('is empty when all that has begun has ended, for everybody who waits', async () => {
    const drain = new Drain();
    await drain.drained();
    drain.begin();
    drain.begin();
    let waiting = 2;
    for (let asked = 0; asked < 2; asked++) void drain.drained().then(() => waiting--);
    drain.end();
    await nextTurn();
    expect(waiting).toBe(2);
    drain.end();
    await nextTurn();
    expect(waiting).toBe(0);
  });
});
