import { SEQUENCE_DIGITS, SEQUENCE_MARK } from '../wire.mjs';

const MARK = Buffer.from(SEQUENCE_MARK);

/**
 * Finds the sequence number in a delivered frame. It stands at the same place in all frames of a server as long as the
 * name of the topic has the same length, so it is searched for only when it is not where it was.
 */
export class SequenceFinder {
  #at = 0;

  /** @throws when the frame is not a publication. */
  find(buffer, start, end) {
    let at = start + this.#at;
    if (!isMarkAt(buffer, at)) {
      at = buffer.indexOf(MARK, start);
      if (at < 0 || at + MARK.length + SEQUENCE_DIGITS > end) {
        throw new Error(`not a publication: ${buffer.toString('utf8', start, Math.min(end, start + 200))}`);
      }
      this.#at = at - start;
    }
    let sequence = 0;
    at += MARK.length;
    for (const last = at + SEQUENCE_DIGITS; at < last; at++) sequence = sequence * 10 + buffer[at] - 0x30;
    return sequence;
  }
}

function isMarkAt(buffer, at) {
  for (let i = 0; i < MARK.length; i++) if (buffer[at + i] !== MARK[i]) return false;
  return true;
}
