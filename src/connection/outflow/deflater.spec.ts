import { randomBytes } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { Deflater } from './deflater.js';
import { payloadOf, textFrame } from './frame.js';

const THRESHOLD = 100;

/** The text in a compressed frame. */
function inflated(frame: Buffer): string {
  return inflateRawSync(Buffer.concat([payloadOf(frame), Buffer.from([0, 0, 0xff, 0xff])]), {
    finishFlush: 2,
  }).toString();
}

describe('a frame that is compressed', () => {
  const deflater = new Deflater(THRESHOLD);

  it.each([200, 1_000, 100_000, 900_000])('holds the text of %d characters', (length) => {
    const text = 'é kittiwake, '.repeat(length / 13);
    const frame = deflater.frame(textFrame(text));
    expect([frame[0], inflated(frame) === text]).toEqual([0xc1, true]);
    expect(frame.length).toBeLessThan(length / 4);
  });

  it('is the same for all who are sent it, whatever is sent in between', () => {
    const [one, two] = [textFrame('one '.repeat(50)), textFrame('two '.repeat(50))];
    const first = deflater.frame(one);
    expect(deflater.frame(two)).not.toBe(first);
    expect(deflater.frame(one)).toBe(first);
  });

  it('is a frame of the same kind', () => {
    const binary = textFrame('bytes '.repeat(50));
    binary[0] = 0x82;
    expect(deflater.frame(binary)[0]).toBe(0xc2);
  });
});

describe('a frame is sent as it is', () => {
  const deflater = new Deflater(THRESHOLD);

  it.each([
    ['is shorter than the threshold', textFrame('x'.repeat(THRESHOLD - 1))],
    ['has more than a mebibyte', textFrame('x'.repeat(1_048_577))],
    [
      'would not become shorter',
      Buffer.concat([textFrame('x'.repeat(200)).subarray(0, 4), randomBytes(200)]),
    ],
  ])('when it %s', (_why, frame) => {
    expect(deflater.frame(frame)).toBe(frame);
    expect(deflater.frame(frame)).toBe(frame);
  });
});
