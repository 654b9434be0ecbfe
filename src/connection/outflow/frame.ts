const FIN_TEXT = 0x81;
const RSV1 = 0x40;
const SHORT = 2;
const MEDIUM = 4;
const LONG = 10;

/** A server's WebSocket frame (RFC 6455 section 5.2) that holds the whole of a text message: unmasked, not compressed. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const start = headerLength(length);
  const frame = Buffer.allocUnsafe(start + length);
  writeHeader(frame, start, length);
  frame.write(text, start);
  return frame;
}

/** As {@link textFrame}, of a text in three parts; the one in the middle as bytes or as text. */
export function joinedFrame(head: Buffer, middle: Buffer | string, tail: Buffer): Buffer {
  const middleLength = typeof middle === 'string' ? Buffer.byteLength(middle) : middle.length;
  const length = head.length + middleLength + tail.length;
  const start = headerLength(length);
  const frame = Buffer.allocUnsafe(start + length);
  writeHeader(frame, start, length);
  const middleStart = start + head.length;
  head.copy(frame, start);
  if (typeof middle === 'string') frame.write(middle, middleStart);
  else middle.copy(frame, middleStart);
  tail.copy(frame, middleStart + middleLength);
  return frame;
}

function headerLength(length: number): number {
  return length < 126 ? SHORT : length < 65_536 ? MEDIUM : LONG;
}

function writeHeader(frame: Buffer, headerLength: number, length: number): void {
  frame[0] = FIN_TEXT;
  if (headerLength === SHORT) frame[1] = length;
  else if (headerLength === MEDIUM) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
}

/** The payload of a frame that was made here. */
export function payloadOf(frame: Buffer): Buffer {
  const length = frame[1]!;
  return frame.subarray(length < 126 ? SHORT : length === 126 ? MEDIUM : LONG);
}

/** The frame of the same message with its payload compressed (RFC 7692 section 6). */
export function compressedFrame(frame: Buffer, compressed: Buffer): Buffer {
  const start = headerLength(compressed.length);
  const result = Buffer.allocUnsafe(start + compressed.length);
  writeHeader(result, start, compressed.length);
  result[0] = frame[0]! | RSV1;
  compressed.copy(result, start);
  return result;
}
