import { METHODS } from 'node:http';

const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const END = '\r\n';
/** Bounds the time to read a head; Node's parser refuses more headers from version 24 on. */
const MAX_LINES = 1_000;
const KNOWN_METHODS = new Set(METHODS);
const HTTP = /^\S+ \S+ HTTP\/1\.[01]$/;
/** A token, such as a method (RFC 9110 section 5.6.2). */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/** The head of a request, normalised for Node's HTTP parser. */
export interface LineHead {
  /** Whether its first line is a request line of HTTP/1.0 or 1.1: the parser accepts others as well. */
  readonly isHttp: boolean;
  /** Whether its first line ended in a bare line feed; the lines of the answer then do, too. */
  readonly usesLineFeeds: boolean;
  /** Its lines, ended in CRLF, and all bytes received after them. */
  readonly bytes: Buffer;
  /** The original method, where `GET` replaces it: the parser accepts only methods that it knows, the protocol any. */
  readonly method: string | undefined;
}

/** Collects the head of a request from pieces of any size. */
export class LineHeadReader {
  /** As {@link LineHead.usesLineFeeds}; false until the first line has ended. */
  usesLineFeeds = false;
  /** Whether there are too many lines; {@link add} then returns no head. */
  hasTooManyLines = false;
  private readonly pieces: Buffer[] = [];
  private length = 0;
  private lines = 0;
  private lineLength = 0;
  private lastByte = 0;
  private hasLine = false;

  /** @returns the head once it is complete; MUST not be called after that. */
  add(piece: Buffer): LineHead | undefined {
    const end = this.findEnd(piece);
    this.pieces.push(piece);
    if (end === undefined) {
      this.length += piece.length;
      return undefined;
    }
    return { ...normalise(Buffer.concat(this.pieces), this.length + end), usesLineFeeds: this.usesLineFeeds };
  }

  /** The index in a piece after the empty line. Empty lines before the first are skipped (RFC 9112 section 2.2). */
  private findEnd(piece: Buffer): number | undefined {
    let start = 0;
    for (let at = piece.indexOf(LINE_FEED); at >= 0; at = piece.indexOf(LINE_FEED, start)) {
      this.extendLine(piece, start, at);
      const isEmpty = this.lineLength === 0 || (this.lineLength === 1 && this.lastByte === RETURN);
      if (isEmpty && this.hasLine) return at + 1;
      if (!isEmpty && !this.hasLine) {
        this.hasLine = true;
        this.usesLineFeeds = this.lastByte !== RETURN;
      }
      this.lineLength = 0;
      start = at + 1;
      if (++this.lines <= MAX_LINES) continue;
      this.hasTooManyLines = true;
      return undefined;
    }
    this.extendLine(piece, start, piece.length);
    return undefined;
  }

  private extendLine(piece: Buffer, start: number, end: number): void {
    if (end === start) return;
    this.lineLength += end - start;
    this.lastByte = piece[end - 1]!;
  }
}

/** Changes the line ends, and an unknown method; the parser finds what else is wrong. */
function normalise(bytes: Buffer, end: number): Omit<LineHead, 'usesLineFeeds'> {
  const lines = bytes
    .toString('latin1', 0, end)
    .replace(/^(?:\r?\n)+/, '')
    .split('\n');
  const [first = '', ...rest] = lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  const method = strangeMethod(first);
  const known = method === undefined ? first : `GET${first.slice(method.length)}`;
  const head = Buffer.from([known, ...rest].join(END), 'latin1');
  return {
    isHttp: HTTP.test(first),
    bytes: Buffer.concat([head, bytes.subarray(end)]),
    method,
  };
}

/** Reads a method that the parser does not know, or CONNECT, after which it would expect another protocol. */
function strangeMethod(requestLine: string): string | undefined {
  const method = requestLine.split(' ', 1)[0]!;
  return TOKEN.test(method) && (!KNOWN_METHODS.has(method) || method === 'CONNECT') ? method : undefined;
}
