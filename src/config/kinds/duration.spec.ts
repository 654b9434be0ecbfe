import { formatDuration, MAX_DURATION_MS, parseDuration } from './duration.js';

describe('reading durations', () => {
  it.each([
    ['0s', 0],
    ['0ms', 0],
    ['500ms', 500],
    ['15s', 15_000],
    ['1.5s', 1_500],
    ['1.001s', 1_001],
    ['1.1s', 1_100],
    ['2m', 120_000],
    ['0.5m', 30_000],
    ['1h', 3_600_000],
  ])('reads %s', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it.each([
    '',
    '15',
    '1.5',
    's',
    '15 s',
    ' 15s',
    '15s ',
    '-1s',
    '+1s',
    '1,5s',
    '.5s',
    '1.s',
    '1S',
    '15sec',
    '1d',
    '1h30m',
    '1e3s',
  ])('refuses %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it.each(['0.5ms', '1.5ms', '0.0005s'])('refuses %s, which is finer than a millisecond', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe('writing durations', () => {
  it.each([
    [0, '0s'],
    [1, '1ms'],
    [1_500, '1500ms'],
    [15_000, '15s'],
    [90_000, '90s'],
    [120_000, '2m'],
    [5_400_000, '90m'],
    [3_600_000, '1h'],
  ])('writes %d ms in the largest unit without a fraction', (durationMs, expected) => {
    expect(formatDuration(durationMs)).toBe(expected);
    expect(parseDuration(expected)).toBe(durationMs);
  });
});

it('allows no duration that a timer of Node cannot wait', () => {
  expect(MAX_DURATION_MS).toBeLessThan(2 ** 31);
  expect(formatDuration(MAX_DURATION_MS)).toBe('576h');
});
