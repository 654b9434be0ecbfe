import type { StreamedAnswer } from '../../callbacks/stream-requester.js';
import { PROCEDURE_ERRORS } from '../procedure-errors.js';
import type { RemoteSource } from './source.js';
import { remoteValue } from './value.js';

const LF = 0x0a;
/** The first byte of a record of `application/json-seq` (RFC 7464 section 2.2). */
const RECORD_SEPARATOR = 0x1e;

/**
 * Reads the results of a stream that has one JSON value per line; empty lines are skipped.
 * @throws {CallbackError} when it breaks off.
 * @throws {CallbackAnswerError} when a line is not JSON.
 * @throws {ClientError} when a line is too large.
 */
export async function* remoteLines(
  { body, isDelimited }: StreamedAnswer,
  source: RemoteSource,
): AsyncGenerator<unknown, void, void> {
  const line = new Line(source.maxBytes);
  for await (const chunk of body) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      line.add(chunk.subarray(start, end));
      const bytes = line.take();
      if (bytes) yield remoteValue(bytes, source);
      start = end + 1;
    }
    line.add(chunk.subarray(start));
  }
  const last = line.take();
  if (!last) return;
  if (!isDelimited) throw source.fault('the answer broke off in the middle of a line');
  yield remoteValue(last, source);
}

/** Collects the parts of a line. */
class Line {
  private parts: Buffer[] = [];
  private size = 0;

  constructor(private readonly maxBytes: number) {}

  add(part: Buffer): void {
    this.size += part.length;
    if (this.size > this.maxBytes) throw PROCEDURE_ERRORS.resultTooLarge();
    if (part.length > 0) this.parts.push(part);
  }

  /** Begins the next line. @returns the one collected so far, unless it is blank. */
  take(): Buffer | undefined {
    const bytes = this.parts.length === 1 ? this.parts[0]! : Buffer.concat(this.parts, this.size);
    this.parts = [];
    this.size = 0;
    const start = bytes[0] === RECORD_SEPARATOR ? 1 : 0;
    return bytes.subarray(start).every(isSpace) ? undefined : bytes.subarray(start);
  }
}

/** White space of JSON (RFC 8259 section 2) but for the line feed, which ends the line. */
function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0d || byte === 0x09;
}
