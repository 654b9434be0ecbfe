const END_OF_HEAD = '\r\n\r\n';
const NOTHING = Buffer.alloc(0);
/** The head of an interim answer such as `100 Continue` (RFC 9110 section 15.2); another answer follows it. */
const INTERIM = /^HTTP\/1\.\d 1\d\d/;

/** Rewrites the line ends of an answer's head to bare line feeds. Its body and the framing of its chunks stay. */
export class LineAnswer {
  /** The part of an incomplete head; `undefined` after the final head. */
  private held: Buffer | undefined = NOTHING;

  /** @returns the bytes that can be sent now; empty while the head is incomplete. */
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

  /** The rest of a head that never ended, unchanged. */
  flush(): Buffer {
    return this.held ?? NOTHING;
  }
}
