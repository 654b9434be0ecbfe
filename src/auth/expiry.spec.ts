import { jest } from '@jest/globals';
import { Expiry } from './expiry.js';

const DAY_MS = 86_400_000;

describe('an expiry', () => {
  let expired: number;
  const inMs = (ms: number): Expiry => new Expiry(Date.now() + ms, () => expired++);

  beforeEach(() => {
    jest.useFakeTimers();
    expired = 0;
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('comes at its time, once', () => {
    inMs(1000);
    jest.advanceTimersByTime(999);
    expect(expired).toBe(0);
    jest.advanceTimersByTime(DAY_MS);
    expect(expired).toBe(1);
  });

  it('comes at once when its time has passed', () => {
    inMs(-1);
    jest.advanceTimersByTime(0);
    expect(expired).toBe(1);
  });

  it('may be further away than a timer can wait', () => {
    inMs(60 * DAY_MS);
    jest.advanceTimersByTime(60 * DAY_MS - 1);
    expect(expired).toBe(0);
    jest.advanceTimersByTime(1);
    expect(expired).toBe(1);
  });

  it('goes by the time of day, which may be set meanwhile', () => {
    inMs(DAY_MS);
    jest.setSystemTime(Date.now() + DAY_MS);
    jest.advanceTimersByTime(15_001);
    expect(expired).toBe(1);
  });

  it('may never come', () => {
    inMs(Infinity);
    jest.advanceTimersByTime(100 * DAY_MS);
    expect(expired).toBe(0);
  });

  it('does not come any more when it is cancelled, however far away it was', () => {
    for (const expiry of [inMs(1000), inMs(60 * DAY_MS)]) {
      jest.advanceTimersByTime(500);
      expiry.cancel();
    }
    jest.advanceTimersByTime(100 * DAY_MS);
    expect(expired).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });
});
