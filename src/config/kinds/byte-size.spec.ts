import { formatByteSize, parseByteSize } from './byte-size.js';

describe('reading sizes', () => {
  it.each([
    ['0', 0],
    ['65536', 65_536],
    ['512B', 512],
    ['64KiB', 65_536],
    ['1.5KiB', 1_536],
    ['1MiB', 1_048_576],
    ['1GiB', 1_073_741_824],
  ])('reads %s', (text, expected) => {
    expect(parseByteSize(text)).toBe(expected);
  });

  it.each(['', 'KiB', '64KB', '64k', '64kib', '1M', '1 MiB', '-1', '1.5', '0.3KiB', '1e6', '0x10'])(
    'refuses %j',
    (text) => {
      expect(parseByteSize(text)).toBeUndefined();
    },
  );
});

describe('writing sizes', () => {
  it.each([
    [0, '0B'],
    [1_000, '1000B'],
    [1_536, '1536B'],
    [65_536, '64KiB'],
    [2_097_152, '2MiB'],
    [1_073_741_824, '1GiB'],
  ])('writes %d bytes in the largest unit without a fraction', (bytes, expected) => {
    expect(formatByteSize(bytes)).toBe(expected);
    expect(parseByteSize(expected)).toBe(bytes);
  });
});
