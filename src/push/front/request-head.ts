const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;
const TO_LOWER_CASE = 0x20;
const MAX_LENGTH_DIGITS = 9;
/** Longer heads are for Node to take, up to its own limit, or to refuse. */
export const MAX_HEAD_BYTES = 8_192;

/** The characters of a header's name (RFC 9110 section 5.6.2). */
const TOKEN = tableOf((code) => /[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(String.fromCharCode(code)));
/** The characters of a header's value (RFC 9110 section 5.5). */
const VALUE = tableOf((code) => code === TAB || (code >= SPACE && code !== 0x7f));

/**
 * The state of a head: `complete`, `incomplete` while bytes are missing, or `foreign` when it has something that
 * {@link RequestHead} leaves to Node's parser.
 */
export type HeadState = 'complete' | 'incomplete' | 'foreign';

/**
 * The head of an HTTP/1.1 request for one of a few known request lines, read from bytes in place. It knows a small and
 * strict part of HTTP: one `Host`, one `Content-Length`, at most one `Authorization` and `Idempotency-Key`, and no header that changes how a
 * request is framed or answered. All else is foreign, and for Node's parser: what may be wrong is not decided here.
 */
export class RequestHead {
  /** The index of its request line among the known ones. */
  line = 0;
  /** The offset of the body, bytes. */
  end = 0;
  /** The length of the body, bytes; -1 before it is known. */
  bodyLength = -1;
  /** The offsets of the value of `Authorization`; both are 0 without one. */
  authorizationStart = 0;
  authorizationEnd = 0;
  private traceStart = 0;
  private traceEnd = 0;
  private keyStart = 0;
  private keyEnd = 0;
  private hasHost = false;
  private readonly lines: readonly Buffer[];

  /** @param targets the paths of the `POST` requests that it knows. */
  constructor(targets: readonly string[]) {
    this.lines = targets.map((target) => Buffer.from(`POST ${target} HTTP/1.1\r\n`));
  }

  /** Reads the head that begins at `at`. */
  read(bytes: Buffer, at: number): HeadState {
    this.bodyLength = -1;
    this.authorizationStart = this.authorizationEnd = 0;
    this.keyStart = this.keyEnd = 0;
    this.traceStart = this.traceEnd = 0;
    this.hasHost = false;
    let next = this.readLine(bytes, at);
    while (next > 0) {
      if (bytes[next] === CR) return next - at > MAX_HEAD_BYTES ? 'foreign' : this.readEnd(bytes, next);
      next = this.readField(bytes, next);
    }
    return next === 0 ? 'incomplete' : 'foreign';
  }

  /** The value of `Idempotency-Key` in the bytes that were read. */
  idempotencyKey(bytes: Buffer): string | undefined {
    return this.keyEnd === 0 ? undefined : bytes.toString('latin1', this.keyStart, this.keyEnd);
  }

  /** The value of `traceparent` in the bytes that were read. */
  traceparent(bytes: Buffer): string | undefined {
    return this.traceEnd === 0 ? undefined : bytes.toString('latin1', this.traceStart, this.traceEnd);
  }

  /** @returns where the next line begins; 0 when there is no end of this one yet, -1 when it is foreign. */
  private readLine(bytes: Buffer, at: number): number {
    for (let index = 0; index < this.lines.length; index++) {
      const line = this.lines[index]!;
      const length = Math.min(line.length, bytes.length - at);
      if (bytes.compare(line, 0, length, at, at + length) !== 0) continue;
      this.line = index;
      return length === line.length ? at + length : 0;
    }
    return -1;
  }

  private readEnd(bytes: Buffer, at: number): HeadState {
    if (at + 1 === bytes.length) return 'incomplete';
    this.end = at + 2;
    return bytes[at + 1] === LF && this.hasHost && this.bodyLength >= 0 ? 'complete' : 'foreign';
  }

  /** As {@link readLine}. */
  private readField(bytes: Buffer, at: number): number {
    let colon = at;
    while (TOKEN[bytes[colon]!] === 1) colon++;
    if (colon === bytes.length) return 0;
    if (bytes[colon] !== COLON || colon === at) return -1;
    let end = colon + 1;
    while (VALUE[bytes[end]!] === 1) end++;
    if (end + 1 >= bytes.length) return end === bytes.length || bytes[end] === CR ? 0 : -1;
    if (bytes[end] !== CR || bytes[end + 1] !== LF) return -1;
    return this.note(bytes, at, colon, end) ? end + 2 : -1;
  }

  /** Notes a header that is needed. @returns whether the request can still be read here. */
  private note(bytes: Buffer, at: number, colon: number, lineEnd: number): boolean {
    let start = colon + 1;
    let end = lineEnd;
    while (start < end && isSpace(bytes[start]!)) start++;
    while (end > start && isSpace(bytes[end - 1]!)) end--;
    switch (colon - at) {
      case 4:
        return !equals(bytes, at, HOST) || this.noteHost();
      case 6:
        return !equals(bytes, at, EXPECT);
      case 7:
        return !equals(bytes, at, UPGRADE);
      case 10:
        return !equals(bytes, at, CONNECTION) || isKeepAlive(bytes, start, end);
      case 11:
        return !equals(bytes, at, TRACEPARENT) || this.noteTrace(start, end);
      case 13:
        return !equals(bytes, at, AUTHORIZATION) || this.noteAuthorization(start, end);
      case 14:
        return (
          !equals(bytes, at, CONTENT_LENGTH) ||
          this.noteLength(bytes, start, endOfLength(bytes, end, lineEnd))
        );
      case 15:
        return !equals(bytes, at, IDEMPOTENCY_KEY) || this.noteKey(start, end);
      case 16:
        return !equals(bytes, at, PROXY_CONNECTION);
      case 17:
        return !equals(bytes, at, TRANSFER_ENCODING);
      default:
        return true;
    }
  }

  private noteHost(): boolean {
    if (this.hasHost) return false;
    this.hasHost = true;
    return true;
  }

  private noteAuthorization(start: number, end: number): boolean {
    if (this.authorizationEnd > 0) return false;
    this.authorizationStart = start;
    this.authorizationEnd = end;
    return true;
  }

  private noteKey(start: number, end: number): boolean {
    if (this.keyEnd > 0) return false;
    this.keyStart = start;
    this.keyEnd = end;
    return true;
  }

  /** The last one counts: what is wrong with it is no matter. */
  private noteTrace(start: number, end: number): true {
    this.traceStart = start;
    this.traceEnd = end;
    return true;
  }

  private noteLength(bytes: Buffer, start: number, end: number): boolean {
    if (this.bodyLength >= 0 || start === end || end - start > MAX_LENGTH_DIGITS) return false;
    let length = 0;
    for (let at = start; at < end; at++) {
      const digit = bytes[at]! - 0x30;
      if (digit < 0 || digit > 9) return false;
      length = length * 10 + digit;
    }
    this.bodyLength = length;
    return true;
  }
}

const HOST = Buffer.from('host');
const EXPECT = Buffer.from('expect');
const UPGRADE = Buffer.from('upgrade');
const CONNECTION = Buffer.from('connection');
const AUTHORIZATION = Buffer.from('authorization');
const TRACEPARENT = Buffer.from('traceparent');
const CONTENT_LENGTH = Buffer.from('content-length');
const IDEMPOTENCY_KEY = Buffer.from('idempotency-key');
const PROXY_CONNECTION = Buffer.from('proxy-connection');
const TRANSFER_ENCODING = Buffer.from('transfer-encoding');
const KEEP_ALIVE = Buffer.from('keep-alive');

function isSpace(code: number): boolean {
  return code === SPACE || code === TAB;
}

/** Node's parser takes spaces behind a length, and no tabs. */
function endOfLength(bytes: Buffer, end: number, lineEnd: number): number {
  for (let at = end; at < lineEnd; at++) if (bytes[at] === TAB) return lineEnd;
  return end;
}

function isKeepAlive(bytes: Buffer, start: number, end: number): boolean {
  return end - start === KEEP_ALIVE.length && equals(bytes, start, KEEP_ALIVE);
}

/** Whether a text of letters and hyphens, given in lower case, stands there, in whatever case. */
function equals(bytes: Buffer, at: number, text: Buffer): boolean {
  for (let index = 0; index < text.length; index++)
    if ((bytes[at + index]! | TO_LOWER_CASE) !== text[index]) return false;
  return true;
}

function tableOf(has: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (has(code) ? 1 : 0));
}
