import { textFrame } from './frame.js';

describe('a text frame', () => {
  it.each([
    [0, '8100'],
    [125, '817d'],
    [126, '817e007e'],
    [65_535, '817effff'],
    [65_536, '817f0000000000010000'],
  ])('of %d bytes begins with %s', (length, header) => {
    const frame = textFrame('x'.repeat(length));
    expect(frame.subarray(0, header.length / 2).toString('hex')).toBe(header);
    expect(frame.subarray(header.length / 2).toString()).toBe('x'.repeat(length));
  });

  it('counts bytes, not characters', () => {
    const frame = textFrame('é\u{1f431}');
    expect([frame[1], frame.subarray(2).toString()]).toEqual([6, 'é\u{1f431}']);
  });
});
