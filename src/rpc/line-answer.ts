const END_OF_HEAD = '\r\n\r\n';
const NOTHING = Buffer.alloc(0);
/** More answers come behind one of these, such as `100 Continue`. */
const INTERIM = /^HTTP\/1\.\d 1\d\d/;

/** Ends the lines of the head of an answer in bare line feeds. Its body stays, and the framing of its chunks. */
export class LineAnswer {
  /** What came of a head that is not complete. */
  private held: Buffer | undefined = NOTHING;

  /** @returns what can be sent, in one piece. */
  translate(bytes: Buffer): Buffer {
    if (this.held === undefined) return bytes;
    const text = Buffer.concat([this.held, bytes]);
    const end = text.indexOf(END_OF_HEAD);
    if (end < 0) {
      this.held = text;
      return NOTHING;
    }
    const lines = text.toString('latin1', 0, end).replaceAll('\r\n', '\n');
    const rest = text.subarray(end + END_OF_HEAD.length);
    this.held = INTERIM.test(lines) ? NOTHING : undefined;
    return Buffer.concat([Buffer.from(`${lines}\n\n`, 'latin1'), this.translate(rest)]);
  }

  /** What is left of a head that never ended, as it is. */
  flush(): Buffer {
    return this.held ?? NOTHING;
  }
}
