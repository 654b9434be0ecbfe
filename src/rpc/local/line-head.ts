import { METHODS } from 'node:http';

const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const END = '\r\n';
/** More headers take longer to read than they are worth, and Node's parser refuses them from version 24 on. */
const MAX_LINES = 1_000;
const KNOWN_METHODS = new Set(METHODS);
const HTTP = /^\S+ \S+ HTTP\/1\.[01]$/;
/** RFC 9110 section 5.6.2. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/** The head of a request, as Node's HTTP parser takes it. */
export interface LineHead {
  /** Whether its first line is one of HTTP/1: the parser takes more. */
  readonly isHttp: boolean;
  /** Whether its lines ended in bare line feeds: then those of the answer do, too. */
  readonly usesLineFeeds: boolean;
  /** Its lines, now with CRLF, and all that came behind them. */
  readonly bytes: Buffer;
  /** The method that it had, where another stands for it: the parser has a list, the protocol none. */
  readonly method: string | undefined;
}

/** Collects the head of a request, in whatever pieces it comes. */
export class LineHeadReader {
  /** As {@link LineHead.usesLineFeeds}, as soon as the first line has ended; before, as most clients have it. */
  usesLineFeeds = false;
  /** Whether there are more lines than are read: then there is no head. */
  hasTooManyLines = false;
  private readonly pieces: Buffer[] = [];
  private length = 0;
  private lines = 0;
  private lineLength = 0;
  private lastByte = 0;
  private hasLine = false;

  /** @returns the head once it is complete. It is asked no more then. */
  add(piece: Buffer): LineHead | undefined {
    const end = this.findEnd(piece);
    this.pieces.push(piece);
    if (end === undefined) {
      this.length += piece.length;
      return undefined;
    }
    return { ...normalise(Buffer.concat(this.pieces), this.length + end), usesLineFeeds: this.usesLineFeeds };
  }

  /** Where in a piece the empty line ends. Empty lines before the first are skipped (RFC 9112 section 2.2). */
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

/** Only the ends of lines change: what else is wrong is for the parser to find. */
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

/** With CONNECT, the parser would take what follows for another protocol. */
function strangeMethod(requestLine: string): string | undefined {
  const method = requestLine.split(' ', 1)[0]!;
  return TOKEN.test(method) && (!KNOWN_METHODS.has(method) || method === 'CONNECT') ? method : undefined;
}
