import { expiresIn } from './expires-in.js';

describe('the time until something expires', () => {
  it('is told in whole seconds, rounded down, and never below zero', () => {
    expect(expiresIn(2999, 1000)).toBe(1);
    expect(expiresIn(1000, 2000)).toBe(0);
  });

  it.each([undefined, Infinity, NaN])('is not told of %j', (never) => {
    expect(expiresIn(never, 0)).toBeUndefined();
  });
});
