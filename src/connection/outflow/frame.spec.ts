import { joinedFrame, textFrame } from './frame.js';

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

describe('a frame of three parts', () => {
  const head = Buffer.from('{"é":');
  const tail = Buffer.from(',"🐱"}');

  it.each([0, 1, 125 - 15, 126 - 15, 65_536])(
    'with %d characters between is that of the whole text',
    (length) => {
      const middle = 'é'.repeat(length / 2) + 'x'.repeat(length % 2);
      const frame = textFrame(head + middle + tail);
      expect(joinedFrame(head, middle, tail).equals(frame)).toBe(true);
      expect(joinedFrame(head, Buffer.from(middle), tail).equals(frame)).toBe(true);
    },
  );
});
