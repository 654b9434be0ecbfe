const MARK = Buffer.from('\u{FEFF}');

/** Removes a byte order mark, which some apps put before JSON, and readers may ignore (RFC 8259 section 8.1). */
export function withoutByteOrderMark(bytes: Buffer): Buffer {
  return bytes.subarray(0, MARK.length).equals(MARK) ? bytes.subarray(MARK.length) : bytes;
}
