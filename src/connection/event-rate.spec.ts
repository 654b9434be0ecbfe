import { EventRate } from './event-rate.js';

/** The number of events that are within the limit, of so many at one time. */
function taken(rate: EventRate, limit: Parameters<EventRate['exceeds']>[0], events: number, atMs: number) {
  let count = 0;
  for (let i = 0; i < events; i++) if (!rate.exceeds(limit, atMs)) count++;
  return count;
}

describe('the rate of events', () => {
  it('has a burst at once, and then what comes back of it second by second', () => {
    const [rate, limit] = [new EventRate(), { perSecond: 10, burst: 90 }];
    expect(taken(rate, limit, 100, 1000)).toBe(100);
    expect(taken(rate, limit, 10, 2500)).toBe(10);
    expect(taken(rate, limit, 30, 5999)).toBe(30);
    expect(rate.exceeds(limit, 5999)).toBe(true);
  });

  it('starts anew with each second where there is no burst', () => {
    const [rate, limit] = [new EventRate(), { perSecond: 10, burst: 0 }];
    expect([taken(rate, limit, 10, 1000), taken(rate, limit, 10, 2000)]).toEqual([10, 10]);
    expect(rate.exceeds(limit, 2000)).toBe(true);
  });

  it('is no limit with 0', () => {
    expect(taken(new EventRate(), { perSecond: 0, burst: 0 }, 100_000, 1000)).toBe(100_000);
  });

  it('closes nobody because the clock is set back', () => {
    const [rate, limit] = [new EventRate(), { perSecond: 10, burst: 0 }];
    expect([taken(rate, limit, 10, 3_600_000), taken(rate, limit, 10, 1000)]).toEqual([10, 10]);
  });
});
