import type { LedgerChanges } from '../ledger.js';

/** A line that is longer is none of ours, or damaged. */
const MAX_LINE_BYTES = 4_194_304;
const LINE_FEED = 0x0a;

/** The lines of changes: `+<key> <text>` for what was written, `-<key>` for what was removed. */
export function journalLines({ written, removed }: LedgerChanges): string {
  let lines = '';
  for (const key of removed) lines += `-${key}\n`;
  for (const { key, text } of written) lines += `+${key} ${text}\n`;
  return lines;
}

/** The line that says when a journal was taken from the node that wrote it. */
export function takenLine(timeMs: number): string {
  return `@${timeMs}\n`;
}

/** The content of a journal, read piece by piece. Lines that say nothing are skipped. */
export class JournalContent {
  readonly records = new Map<string, string>();
  takenAtMs: number | undefined;
  /** The bytes of whole lines: a line that was cut off at the end is not among them. */
  wholeBytes = 0;
  /** The beginning of a line, unless that is too long. */
  private rest: Buffer[] = [];
  private restBytes = 0;

  /** Takes the next bytes. */
  push(bytes: Buffer): void {
    let from = 0;
    for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, from)) {
      this.keep(bytes.subarray(from, at));
      this.endLine();
      from = at + 1;
    }
    this.keep(bytes.subarray(from));
  }

  private keep(bytes: Buffer): void {
    this.restBytes += bytes.length;
    if (this.restBytes <= MAX_LINE_BYTES) this.rest.push(bytes);
    else this.rest = [];
  }

  private endLine(): void {
    if (this.restBytes <= MAX_LINE_BYTES) this.read(Buffer.concat(this.rest).toString());
    this.wholeBytes += this.restBytes + 1;
    this.rest = [];
    this.restBytes = 0;
  }

  private read(line: string): void {
    const space = line.indexOf(' ');
    if (line.startsWith('+') && space > 1) this.records.set(line.slice(1, space), line.slice(space + 1));
    else if (line.startsWith('-')) this.records.delete(line.slice(1));
    else if (/^@\d{1,15}$/.test(line)) this.takenAtMs ??= Number(line.slice(1));
  }
}
