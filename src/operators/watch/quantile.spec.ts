import { quantile } from './quantile.js';

describe('a quantile of a histogram', () => {
  it('lies within its bucket, as far in as its rank', () => {
    const buckets = { '0.1': 50, '0.5': 90, '1': 100, '+Inf': 100 };
    expect(quantile(0.5, buckets)).toBeCloseTo(0.1);
    expect(quantile(0.7, buckets)).toBeCloseTo(0.3);
    expect(quantile(0.95, buckets)).toBeCloseTo(0.75);
  });

  it('is the highest bound for what lies beyond it', () => {
    expect(quantile(0.99, { '0.1': 1, '60': 1, '+Inf': 10 })).toBe(60);
  });

  it('is none of nothing', () => {
    expect(quantile(0.5, {})).toBeUndefined();
    expect(quantile(0.5, { '0.1': 0, '+Inf': 0 })).toBeUndefined();
  });
});
