const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** The lines of a text, without those that are empty. Each is a part of it, not a copy. */
export function* linesOf(text: Buffer): Generator<Buffer> {
  for (let start = 0; start < text.length;) {
    const found = text.indexOf(LINE_FEED, start);
    const end = found < 0 ? text.length : found;
    const last = end > start && text[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
    if (last > start) yield text.subarray(start, last);
    start = end + 1;
  }
}
