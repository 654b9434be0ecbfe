const MARK = Buffer.from('\u{FEFF}');

/** Some apps put a byte order mark before their JSON, where RFC 8259 section 8.1 lets a reader ignore it. */
export function withoutByteOrderMark(bytes: Buffer): Buffer {
  return bytes.subarray(0, MARK.length).equals(MARK) ? bytes.subarray(MARK.length) : bytes;
}
