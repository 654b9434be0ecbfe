/** The little of RFC 6455 that a client needs which only counts what it gets. */

export const OPCODE = { text: 1, close: 8, ping: 9, pong: 10 };

/**
 * Calls `receiver.onFrame(opcode, buffer, start, end)` for each complete frame between `at` and `length`, and
 * returns where the first incomplete one starts. A fragmented or masked frame is an error: none of the servers
 * has a reason to send one.
 */
export function readFrames(buffer, at, length, receiver) {
  while (length - at >= 2) {
    const first = buffer[at];
    const second = buffer[at + 1];
    if ((first & 0xf0) !== 0x80 || second > 127)
      throw new Error('a frame is fragmented, compressed or masked');
    let start = at + 2;
    let size = second;
    if (second === 126) {
      if (length - at < 4) break;
      size = buffer.readUInt16BE(start);
      start += 2;
    } else if (second === 127) {
      if (length - at < 10) break;
      size = Number(buffer.readBigUInt64BE(start));
      start += 8;
    }
    if (length - start < size) break;
    receiver.onFrame(first & 0x0f, buffer, start, start + size);
    at = start + size;
  }
  return at;
}

/** A frame of a client. The mask is zero, so that masking changes nothing. */
export function clientFrame(opcode, payload) {
  const size = payload.length;
  if (size > 0xffff) throw new Error('too long for a frame of this client');
  const head = size < 126 ? Buffer.alloc(6) : Buffer.alloc(8);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | Math.min(size, 126);
  if (size >= 126) head.writeUInt16BE(size, 2);
  return Buffer.concat([head, payload]);
}
