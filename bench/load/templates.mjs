import { FIRST_SEQUENCE, SEQUENCE_DIGITS, SEQUENCE_MARK, dataText, topicName } from '../wire.mjs';

/** The bytes of publications, made once per topic and size; only the sequence number differs. */
export class Templates {
  #made = new Map();
  #make;

  /** `make(topic, data)` returns the bytes for a topic's name and the text of the data. */
  constructor(make) {
    this.#make = make;
  }

  /** `{ bytes, digitsAt }` for the number of a topic and the size of the data. */
  of(topic, dataBytes) {
    const key = topic * 1_000_000 + dataBytes;
    let template = this.#made.get(key);
    if (template === undefined) {
      const bytes = this.#make(topicName(topic), dataText(FIRST_SEQUENCE, dataBytes));
      template = { bytes, digitsAt: bytes.indexOf(SEQUENCE_MARK) + SEQUENCE_MARK.length };
      this.#made.set(key, template);
    }
    return template;
  }

  /** Writes the sequence number to its place. */
  static fill(buffer, at, sequence) {
    let rest = sequence;
    for (let i = at + SEQUENCE_DIGITS - 1; i >= at; i--) {
      buffer[i] = 0x30 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
  }
}
