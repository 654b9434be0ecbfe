import { maxAgeMsOf } from './answer-age.js';

describe('the age of an answer', () => {
  it.each([
    ['max-age=5', 5_000],
    ['must-revalidate, Max-Age=60', 60_000],
    ['max-age="7"', 7_000],
    ['max-age=0', 0],
    ['max-age=-1', 0],
    ['max-age=1.5', 0],
    ['x-max-age=5', 0],
    ['no-store, max-age=5', 0],
    ['max-age=5,no-cache', 0],
    ['private, max-age=5', 0],
    ['', 0],
  ])('of %p is %d ms', (control, ageMs) => {
    expect(maxAgeMsOf({ 'cache-control': control })).toBe(ageMs);
  });

  it('is nothing without the header', () => {
    expect(maxAgeMsOf({})).toBe(0);
  });
});
