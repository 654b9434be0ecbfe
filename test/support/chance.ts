/** Looking a global up takes long in the context that a test has, and chance is asked millions of times. */
const { floor, imul } = Math;

/** Numbers that look random and are the same for the same seed (mulberry32). */
export class Chance {
  constructor(private state: number) {}

  /** From 0 to below 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return floor(this.next() * limit);
  }

  of<One>(choices: readonly One[]): One {
    return choices[this.below(choices.length)]!;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }

  /** Some of its bytes changed, left out, repeated or put in between, now and then none; sometimes only its beginning. */
  damaged(bytes: Buffer, pieces: readonly (string | Buffer)[] = []): Buffer {
    let result = bytes;
    for (let times = this.below(4); times > 0; times--) {
      const at = this.below(result.length + 1);
      const [before, after] = [result.subarray(0, at), result.subarray(at + this.below(3))];
      const repeated = result.subarray(at, at + this.below(8));
      const piece = this.of([repeated, this.bytes(this.below(3)), ...pieces]);
      result = Buffer.concat([before, Buffer.from(piece as Buffer), after]);
    }
    return this.below(8) === 0 ? result.subarray(0, this.below(result.length)) : result;
  }
}
