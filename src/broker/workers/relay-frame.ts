import type { JsonText } from '../../protocol/json/json.js';

/** A message of one worker process to the others: a channel and the text of a publication. */
export interface RelayFrame {
  readonly channel: string;
  readonly text: JsonText;
}

const LENGTH_BYTES = 4;
const CHANNEL_LENGTH_BYTES = 4;

/** A frame as bytes: its length, the length of the channel, the channel, the text; lengths are in bytes, big-endian. */
export function relayFrame({ channel, text }: RelayFrame): Buffer {
  const channelLength = Buffer.byteLength(channel);
  const length = CHANNEL_LENGTH_BYTES + channelLength + Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + length);
  frame.writeUInt32BE(length, 0);
  frame.writeUInt32BE(channelLength, LENGTH_BYTES);
  frame.write(channel, LENGTH_BYTES + CHANNEL_LENGTH_BYTES);
  frame.write(text, LENGTH_BYTES + CHANNEL_LENGTH_BYTES + channelLength);
  return frame;
}

/** The channel of a whole frame. */
export function channelOf(frame: Buffer): string {
  return frame.toString('utf8', LENGTH_BYTES + CHANNEL_LENGTH_BYTES, textStart(frame));
}

/** The text of a whole frame. */
export function textOf(frame: Buffer): JsonText {
  return frame.toString('utf8', textStart(frame)) as JsonText;
}

function textStart(frame: Buffer): number {
  return LENGTH_BYTES + CHANNEL_LENGTH_BYTES + frame.readUInt32BE(LENGTH_BYTES);
}

/** Assembles frames from the chunks of a socket. */
export class FrameReader {
  private rest: Buffer[] = [];
  private restLength = 0;
  private wanted = LENGTH_BYTES;

  /** @returns all frames that are whole now, as one piece, for {@link framesIn}; nothing if there are none. */
  wholeFrames(bytes: Buffer): Buffer | undefined {
    this.rest.push(bytes);
    this.restLength += bytes.length;
    if (this.restLength < this.wanted) return undefined;
    const joined = this.rest.length === 1 ? bytes : Buffer.concat(this.rest, this.restLength);
    const end = this.endOfFrames(joined);
    this.rest = end === joined.length ? [] : [joined.subarray(end)];
    this.restLength = joined.length - end;
    return end === 0 ? undefined : joined.subarray(0, end);
  }

  /** Notes the bytes that the next frame needs, so that a large one is not joined again with each of its pieces. */
  private endOfFrames(bytes: Buffer): number {
    let end = 0;
    for (;;) {
      const left = bytes.length - end;
      this.wanted = left < LENGTH_BYTES ? LENGTH_BYTES : LENGTH_BYTES + bytes.readUInt32BE(end);
      if (left < this.wanted) return end;
      end += this.wanted;
    }
  }
}

/** Each frame in a piece of whole frames. */
export function* framesIn(whole: Buffer): Generator<Buffer, void, void> {
  for (let start = 0; start < whole.length;) {
    const end = start + LENGTH_BYTES + whole.readUInt32BE(start);
    yield whole.subarray(start, end);
    start = end;
  }
}
